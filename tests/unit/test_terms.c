/* SPDX-License-Identifier: Apache-2.0 */
/* A playbook's terms: read, refused, with their limits; what goes together; the entry command. */
#include "policy_helper.h"

#include "compile/terms.h"

#define HOUR (UINT64_C(3600) * 1000000000)
#define HEAD(max) "apiVersion: writ/v1\nkind: Playbook\nname: p\nttl: {default: 1m, max: " max "}\n"

static void defaults(void **state)
{
	struct writ_policy *policy = good_policy(PLAYBOOK);
	const struct writ_policy_playbook *p = policy->playbooks;

	(void)state;
	assert_int_equal(p->scope, WRIT_SCOPE_RUN);
	assert_int_equal(p->on_end, WRIT_ON_END_CUT);
	assert_int_equal(p->risk, WRIT_RISK_LOW);
	assert_int_equal(p->max_uses + p->approvals + p->concurrency + p->rate_count, 0);
	assert_int_equal(p->n_approvers + p->n_windows + p->n_environments, 0);
	assert_true(!p->cooldown_ns && !p->rate_per_ns);
	assert_false(p->needs_sponsor || p->validates_ticket || p->break_glass);
	writ_policy_free(policy);
}

static void reads(void **state)
{
	struct writ_policy *policy = good_policy(
		PLAYBOOK "scope: run\non_end: kill\nrisk: medium\nmax_uses: 3\n"
			 "exec: [{path: /a}, {path: /b, entry: true}, {path: /c, entry: false}]\n"
			 "approvals: {count: 2, groups: [dba, Release_Managers, a@b.c]}\n"
			 "environments: [production, staging]\nconcurrency: 4\ncooldown: 10m\n"
			 "rate: {count: 5, per: 1h}\nsponsor: required\n");
	const struct writ_policy_playbook *p = policy->playbooks;

	(void)state;
	assert_int_equal(p->scope, WRIT_SCOPE_RUN);
	assert_int_equal(p->on_end, WRIT_ON_END_KILL);
	assert_int_equal(p->risk, WRIT_RISK_MEDIUM);
	assert_int_equal(p->max_uses, 3);
	assert_int_equal(p->entry, 1);
	assert_int_equal(p->approvals, 2);
	assert_int_equal(p->n_approvers, 3);
	assert_string_equal(p->approvers[1], "Release_Managers");
	assert_int_equal(p->n_environments, 2);
	assert_string_equal(p->environments[1], "staging");
	assert_int_equal(p->concurrency, 4);
	assert_true(p->cooldown_ns == HOUR / 6);
	assert_int_equal(p->rate_count, 5);
	assert_true(p->rate_per_ns == HOUR);
	assert_true(p->needs_sponsor);
	writ_policy_free(policy);
	policy = good_policy(PLAYBOOK "scope: agent\nsponsor: optional\nbreak_glass: true\n");
	assert_int_equal(policy->playbooks->scope, WRIT_SCOPE_AGENT);
	assert_false(policy->playbooks->needs_sponsor);
	assert_true(policy->playbooks->break_glass);
	writ_policy_free(policy);
}

static void refuses(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"scope: cgroup\n", "p.yaml:5:8: scope: expected one of: run, agent; found"},
		{"on_end: stop\n", "on_end: expected one of: cut, freeze, kill; found \"stop\""},
		{"risk: 1\n", "risk: expected one of: low, medium, high; found \"1\""},
		{"sponsor: true\n", "sponsor: expected one of: optional, required"},
		{"break_glass: 1\n", "break_glass: expected one of: false, true"},
		{"approvals: 2\n", "approvals: expected a mapping"},
		{"approvals: {groups: [a]}\n", "missing key \"count\" in approvals"},
		{"approvals: {count: 1, groups: a}\n", "groups: expected a list"},
		{"approvals: {count: 1, groups: ['1000']}\n", "group: expected a group"},
		{"approvals: {count: 1, groups: ['-a']}\n", "group: expected a group"},
		{"approvals: {count: 1, groups: ['a b']}\n", "group: expected a group"},
		{"approvals: {count: 1, groups: ['']}\n", "group: expected text"},
		{"environments: production\n", "environments: expected a list"},
		{"environments: []\n", "environments: expected at least one name"},
		{"environments: ['*']\n", "environment: expected a name"},
		{"cooldown: soon\n", "cooldown: expected a duration"},
		{"cooldown: 0s\n", "cooldown: 0s; expected more than 0"},
		{"rate: 3\n", "rate: expected a mapping"},
		{"rate: {count: 3}\n", "missing key \"per\" in rate"},
		{"rate: {per: 1h}\n", "missing key \"count\" in rate"},
		{"rate: {count: 1, per: 8d}\n", "per: 8d; expected more than 0 and at most 7d"},
		{"max_use: 3\n", "(did you mean \"max_uses\"?)"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[512];

		(void)snprintf(text, sizeof(text), PLAYBOOK "%s", cases[i].text);
		assert_refused(text, cases[i].why);
	}
}

/* What comes of the key with the number @n. */
static void assert_number(const char *before, uint32_t n, const char *after, const char *why)
{
	char text[256];

	(void)snprintf(text, sizeof(text), PLAYBOOK "%s%u%s", before, n, after);
	if (why)
		assert_refused(text, why);
	else
		assert_accepted(text, NULL);
}

/* Each number at its limits, and one past them. */
static void number_limits(void **state)
{
	static const struct {
		const char *before, *after;
		uint32_t most;
		const char *what;
	} cases[] = {
		{"exec: [{path: /a}]\nmax_uses: ", "\n", WRIT_USES_MAX, "max_uses"},
		{"approvals: {count: ", "}\n", WRIT_APPROVALS_MAX, "count"},
		{"concurrency: ", "\n", WRIT_CONCURRENCY_MAX, "concurrency"},
		{"rate: {per: 1h, count: ", "}\n", WRIT_RATE_MAX, "count"},
	};
	char why[128];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(why, sizeof(why), "%s: expected a number from 1 to %u, found",
			       cases[i].what, cases[i].most);
		assert_number(cases[i].before, 1, cases[i].after, NULL);
		assert_number(cases[i].before, cases[i].most, cases[i].after, NULL);
		assert_number(cases[i].before, 0, cases[i].after, why);
		assert_number(cases[i].before, cases[i].most + 1, cases[i].after, why);
	}
}

static void list_limits(void **state)
{
	static const struct {
		const char *before, *after;
		uint32_t most;
		const char *why;
	} cases[] = {
		{"approvals: {count: 1, groups: [", "]}\n", WRIT_GROUPS_MAX,
		 "groups: 9 elements; the most is 8"},
		{"environments: [", "]\n", WRIT_ENVIRONMENTS_MAX,
		 "environments: 9 elements; the most is 8"},
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		for (uint32_t extra = 0; extra < 2; extra++) {
			size_t used = (size_t)sprintf(text, PLAYBOOK "%s", cases[i].before);

			for (uint32_t n = 0; n < cases[i].most + extra; n++)
				used += (size_t)sprintf(text + used, "%sx%u", n ? ", " : "", n);
			(void)strcpy(text + used, cases[i].after);
			if (extra)
				assert_refused(text, cases[i].why);
			else
				assert_accepted(text, NULL);
		}
	}
}

static void group_limit(void **state)
{
	char text[256], group[WRIT_NAME_SIZE + 1];

	(void)state;
	for (size_t extra = 0; extra < 2; extra++) {
		memset(group, 'g', sizeof(group));
		group[WRIT_NAME_SIZE - 1 + extra] = '\0';
		(void)snprintf(text, sizeof(text), PLAYBOOK "approvals: {count: 1, groups: [%s]}\n",
			       group);
		if (extra)
			assert_refused(text, "group: 64 bytes; the most is 63");
		else
			assert_accepted(text, NULL);
	}
}

static void goes_together(void **state)
{
	(void)state;
	assert_refused(PLAYBOOK "scope: agent\non_end: freeze\n",
		       "p.yaml:6:9: on_end: freeze acts on a grant's run, and with scope agent");
	assert_refused(PLAYBOOK "on_end: kill\nscope: agent\n", "p.yaml:5:9: on_end: kill acts on");
	assert_accepted(PLAYBOOK "scope: agent\non_end: cut\n", NULL);
	assert_accepted(PLAYBOOK "scope: run\non_end: freeze\n", NULL);
	assert_refused(PLAYBOOK "break_glass: true\napprovals: {count: 1}\n",
		       "p.yaml:6:12: approvals: with break_glass nobody is asked");
	assert_accepted(PLAYBOOK "break_glass: false\napprovals: {count: 1}\n", NULL);
	assert_accepted(HEAD("1h") "break_glass: true\n", NULL);
	assert_refused(HEAD("3601s") "break_glass: true\n",
		       "p.yaml:4:6: ttl: with break_glass max is at most 1h");
	assert_accepted(HEAD("2h") "break_glass: false\n", NULL);
}

static void entry(void **state)
{
	struct writ_policy *policy;

	(void)state;
	assert_refused(PLAYBOOK "max_uses: 1\n",
		       "p.yaml:5:11: max_uses: what is counted is a command of exec");
	assert_refused(PLAYBOOK "max_uses: 1\nexec: []\n", "max_uses: what is counted");
	assert_refused(PLAYBOOK "max_uses: 1\nfiles: [{path: /a, allow: [execute]}]\n",
		       "max_uses: what is counted");
	assert_refused(PLAYBOOK "max_uses: 1\nexec:\n  - {path: /a, entry: true}\n"
				"  - {path: /b, entry: true}\n",
		       "p.yaml:8:5: entry: a playbook has one, and it is the rule at 7:5 already");
	assert_refused(PLAYBOOK "exec:\n  - {path: /a, entry: true}\n",
		       "p.yaml:6:5: entry: without max_uses nothing is counted");
	assert_refused(ROLE "exec: [{path: /a, entry: true}]\n",
		       "unknown key \"entry\" in an exec rule");
	policy = good_policy(PLAYBOOK "max_uses: 1\nexec: [{path: /a}, {path: /b}]\n");
	assert_int_equal(policy->playbooks->entry, 0);
	writ_policy_free(policy);
}

#define SETS                                                                       \
	"---\napiVersion: writ/v1\nkind: Set\nname: s\npaths: [/x, /y, /z]\n---\n" \
	"apiVersion: writ/v1\nkind: Set\nname: c\ncommands: [{path: /x}, {path: /y}]\n"

/* A set stands for many rules; the entry is still the rule that was marked. */
static void entry_among_sets(void **state)
{
	struct writ_policy *policy = good_policy(
		PLAYBOOK "max_uses: 1\nexec: [{commands: '@c'}, {path: '@s', argv: [a]}, "
			 "{path: /entry, argv: [e], entry: true}, {path: '@s', argv: [b]}]\n" SETS);
	const struct writ_policy_playbook *p = policy->playbooks;

	(void)state;
	assert_int_equal(p->rules.n_exec, 9);
	assert_int_equal(p->entry, 5);
	assert_string_equal(p->rules.exec[p->entry].path, "/entry");
	writ_policy_free(policy);
	policy = good_policy(PLAYBOOK "max_uses: 1\nexec: [{path: /a}, {commands: '@c'}]\n" SETS);
	assert_int_equal(policy->playbooks->entry, 0);
	assert_string_equal(policy->playbooks->rules.exec[0].path, "/a");
	writ_policy_free(policy);
	assert_refused(PLAYBOOK "max_uses: 1\nexec: [{commands: '@c'}, {path: /a}]\n" SETS,
		       "p.yaml:6:8: max_uses counts one command, and this rule is a set");
	assert_refused(PLAYBOOK "max_uses: 1\nexec: [{path: '@s', entry: true}]\n" SETS,
		       "this rule is a set");
}

static void words(void **state)
{
	(void)state;
	assert_string_equal(writ_terms_scope(WRIT_SCOPE_AGENT), "agent");
	assert_string_equal(writ_terms_on_end(WRIT_ON_END_FREEZE), "freeze");
	assert_string_equal(writ_terms_risk(WRIT_RISK_HIGH), "high");
	assert_string_equal(writ_terms_scope(WRIT_SCOPE_COUNT), "unknown");
	assert_string_equal(writ_terms_on_end(WRIT_ON_END_COUNT), "unknown");
	assert_string_equal(writ_terms_risk(WRIT_RISK_COUNT), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),	    cmocka_unit_test(reads),
		cmocka_unit_test(refuses),	    cmocka_unit_test(number_limits),
		cmocka_unit_test(list_limits),	    cmocka_unit_test(group_limit),
		cmocka_unit_test(goes_together),    cmocka_unit_test(entry),
		cmocka_unit_test(entry_among_sets), cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
