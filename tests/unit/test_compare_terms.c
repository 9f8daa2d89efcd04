/* SPDX-License-Identifier: Apache-2.0 */
/* Two playbooks' terms, two roles' limits: each change with its texts, and in both directions. */
#include "policy_helper.h"

#include "compile/compare.h"

#define ONE(role, playbook, agent)                                                       \
	ROLE "playbooks: [p]\n" role "---\n" PLAYBOOK "exec: [" playbook                 \
	     "---\napiVersion: writ/v1\nkind: Agent\nname: a\nrole: r\nmatch: {cgroup: " \
	     "/a/b}\n" agent
#define PLAIN "{path: /x}]\n"

/* "what: before -> after effect", one a line. */
static void describe(const struct writ_comparison *comparison, char *text, size_t size)
{
	static const char *const effects[] = {"gains", "loses", "changes"};
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < comparison->count && used < size; i++) {
		const struct writ_change *change = &comparison->changes[i];

		used += (size_t)snprintf(
			text + used, size - used, "%s%s: %s -> %s %s\n",
			change->playbook ? "p " : "", writ_compare_kind(change->kind),
			change->before ? change->before : "none",
			change->after ? change->after : "none", effects[change->effect]);
	}
}

static void assert_change(const char *before, const char *after, const char *expected)
{
	struct writ_policy *old = good_policy(before), *new = good_policy(after);
	struct writ_diagnostics diags = {0};
	struct writ_comparison comparison = {0};
	char text[4096];

	assert_int_equal(writ_compare(old, new, &diags, &comparison), 0);
	describe(&comparison, text, sizeof(text));
	assert_string_equal(text, expected);
	writ_compare_free(&comparison);
	writ_policy_free(old);
	writ_policy_free(new);
}

/* Each term that PLAIN does not have: what it says when that is added, and when it is removed. */
static const struct {
	const char *with, *added, *removed;
} terms[] = {
	{PLAIN "scope: agent\n", "p scope: run -> agent gains\n", "p scope: agent -> run loses\n"},
	{PLAIN "on_end: kill\n", "p on_end: cut -> kill loses\n", "p on_end: kill -> cut gains\n"},
	{PLAIN "risk: high\n", "p risk: low -> high loses\n", "p risk: high -> low gains\n"},
	{PLAIN "max_uses: 3\n", "p max_uses: none -> 3 loses\np entry: none -> /x changes\n",
	 "p max_uses: 3 -> none gains\np entry: /x -> none changes\n"},
	{PLAIN "approvals: {count: 2, groups: [dba, ops]}\n",
	 "p approvals: none -> 2 of dba,ops loses\n", "p approvals: 2 of dba,ops -> none gains\n"},
	{PLAIN "windows: [{days: [fri], from: 22:00, to: 06:00, zone: UTC}]\n",
	 "p windows: none -> fri 22:00-06:00 UTC loses\n",
	 "p windows: fri 22:00-06:00 UTC -> none gains\n"},
	{PLAIN "environments: [test, production]\n",
	 "p environments: none -> test,production loses\n",
	 "p environments: test,production -> none gains\n"},
	{PLAIN "concurrency: 1\n", "p concurrency: none -> 1 loses\n",
	 "p concurrency: 1 -> none gains\n"},
	{PLAIN "cooldown: 90s\n", "p cooldown: none -> 1m30s loses\n",
	 "p cooldown: 1m30s -> none gains\n"},
	{PLAIN "rate: {count: 3, per: 1h}\n", "p rate: none -> 3 per 1h loses\n",
	 "p rate: 3 per 1h -> none gains\n"},
	{PLAIN "sponsor: required\n", "p sponsor: optional -> required loses\n",
	 "p sponsor: required -> optional gains\n"},
	{PLAIN "break_glass: true\n", "p break_glass: false -> true gains\n",
	 "p break_glass: true -> false loses\n"},
};

static void both_ways(void **state)
{
	char with[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(terms) / sizeof(terms[0]); i++) {
		(void)snprintf(with, sizeof(with), ONE("", "%s", ""), terms[i].with);
		assert_change(ONE("", PLAIN, ""), with, terms[i].added);
		assert_change(with, ONE("", PLAIN, ""), terms[i].removed);
		assert_change(with, with, "");
	}
}

static void other_values(void **state)
{
	static const struct {
		const char *before, *after, *change;
	} cases[] = {
		{"rate: {count: 3, per: 1h}\n", "rate: {count: 30, per: 1d}\n",
		 "p rate: 3 per 1h -> 30 per 1d loses\n"},
		{"approvals: {count: 1, groups: [a]}\n", "approvals: {count: 1, groups: [b]}\n",
		 "p approvals: 1 of a -> 1 of b changes\n"},
		{"environments: [a]\n", "environments: [b]\n", "p environments: a -> b changes\n"},
		{"windows: [{from: '09:00', to: '10:00', zone: UTC}]\n",
		 "windows: [{days: [mon], from: '09:00', to: '10:00', zone: UTC},\n"
		 "  {from: '11:00', to: '12:00', zone: UTC}]\n",
		 "p windows: mon,tue,wed,thu,fri,sat,sun 09:00-10:00 UTC -> mon 09:00-10:00 UTC; "
		 "mon,tue,wed,thu,fri,sat,sun 11:00-12:00 UTC changes\n"},
		{"max_uses: 1\n", "max_uses: 2\n", "p max_uses: 1 -> 2 gains\n"},
	};
	char before[1024], after[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(before, sizeof(before), ONE("", PLAIN "%s", ""), cases[i].before);
		(void)snprintf(after, sizeof(after), ONE("", PLAIN "%s", ""), cases[i].after);
		assert_change(before, after, cases[i].change);
	}
	assert_change(
		ONE("", "{path: /x}, {path: /y, argv: [y, '**']}]\nmax_uses: 1\n", ""),
		ONE("", "{path: /x}, {path: /y, argv: [y, '**'], entry: true}]\nmax_uses: 1\n", ""),
		"p entry: /x -> /y argv: y ** changes\n");
}

static void roles_and_agents(void **state)
{
	(void)state;
	assert_change(ONE("", PLAIN, ""), ONE("ttl_max: 2m\n", PLAIN, ""),
		      "ttl_max: none -> 2m loses\n");
	assert_change(ONE("ttl_max: 2m\n", PLAIN, ""), ONE("ttl_max: 3m\n", PLAIN, ""),
		      "ttl_max: 2m -> 3m gains\n");
	assert_change(ONE("", PLAIN, ""), ONE("risk: low\n", PLAIN, ""),
		      "risk: high -> low loses\n");
	assert_change(ONE("", PLAIN, ""), ONE("", PLAIN, "instances: many\n"),
		      "instances: one -> many gains\n");
	assert_change(ONE("", PLAIN, "instances: many\n"), ONE("", PLAIN, "instances: one\n"),
		      "instances: many -> one loses\n");
}

static void validated_tickets(void **state)
{
#define NODE                                                                 \
	"---\napiVersion: writ/v1\nkind: Node\nname: n\nenvironment: test\n" \
	"ticket_validator: {command: [/bin/x]}\n"

	(void)state;
	assert_change(ONE("", PLAIN "ticket: a\n", NODE),
		      ONE("", PLAIN "ticket: {pattern: a, validate: true}\n", NODE),
		      "p ticket_validate: false -> true loses\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ways),
		cmocka_unit_test(other_values),
		cmocka_unit_test(roles_and_agents),
		cmocka_unit_test(validated_tickets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
