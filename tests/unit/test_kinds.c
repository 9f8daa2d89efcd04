/* SPDX-License-Identifier: Apache-2.0 */
/* Documents: kind, version, name, and the keys of Role, Agent and Node. */
#include "policy_helper.h"

#define NODE "apiVersion: writ/v1\nkind: Node\nname: n\nenvironment: production\n"
#define AGENT_OF(more)                                                                   \
	ROLE "---\napiVersion: writ/v1\nkind: Agent\nname: a\nrole: r\nmatch: {cgroup: " \
	     "/a/b}\n" more

static void reads(void **state)
{
	struct writ_policy *policy =
		good_policy(AGENT_OF("mode: monitor\nenvironment: production\n") "---\n" NODE);

	(void)state;
	assert_int_equal(policy->n_roles, 1);
	assert_int_equal(policy->roles[0].at.line, 1);
	assert_string_equal(policy->agents[0].name, "a");
	assert_string_equal(policy->agents[0].cgroup, "/a/b");
	assert_int_equal(policy->agents[0].mode, WRIT_MODE_MONITOR);
	assert_int_equal(policy->agents[0].at.line, 5);
	assert_ptr_equal(policy->agents[0].role, policy->roles);
	assert_string_equal(policy->node->environment, "production");
	writ_policy_free(policy);
	policy = good_policy(AGENT_OF(""));
	assert_int_equal(policy->agents[0].mode, WRIT_MODE_ENFORCE);
	assert_string_equal(policy->agents[0].environment, "");
	assert_false(policy->agents[0].many);
	assert_int_equal(policy->roles[0].risk, WRIT_RISK_HIGH);
	assert_true(policy->roles[0].ttl_max_ns == 0);
	writ_policy_free(policy);
	policy = good_policy(ROLE "risk: medium\nttl_max: 30m\n" AGENT("a", "/a/b")
				     "instances: many\n");
	assert_true(policy->agents[0].many);
	assert_int_equal(policy->roles[0].risk, WRIT_RISK_MEDIUM);
	assert_true(policy->roles[0].ttl_max_ns == UINT64_C(1800) * 1000000000);
	writ_policy_free(policy);
}

static void refuses(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"kind: Role\nname: r\n", "missing key \"apiVersion\" in a Role"},
		{"apiVersion: writ/v2\nkind: Role\nname: r\n",
		 "expected writ/v1, found \"writ/v2\""},
		{"apiVersion: writ/v1\nname: r\n", "p.yaml:1:1: missing key \"kind\""},
		{"apiVersion: writ/v1\nkind: role\nname: r\n", "(did you mean \"Role\"?)"},
		{"apiVersion: writ/v1\nkind: Role\n", "missing key \"name\" in a Role"},
		{"apiVersion: writ/v1\nkind: Role\nname: R\n", "expected a name"},
		{"apiVersion: writ/v1\nkind: Role\nname: -r\n", "expected a name"},
		{"apiVersion: writ/v1\nkind: Role\nname: 'r r'\n", "expected a name"},
		{"apiVersion: writ/v1\nkind: Role\nname:\n", "name: expected text, found nothing"},
		{ROLE "file: []\n", "unknown key \"file\" in a Role"},
		{ROLE "playbooks: p\n", "playbooks: expected a list"},
		{AGENT_OF("mode: off\n"), "mode: expected one of: enforce, monitor"},
		{AGENT_OF("environment: []\n"), "environment: expected text, found a list"},
		{AGENT_OF("instances: some\n"), "instances: expected one of: one, many"},
		{ROLE "risk: severe\n", "risk: expected one of: low, medium, high; found"},
		{ROLE "ttl_max: 8d\n", "ttl_max: 8d; expected more than 0 and at most 7d"},
		{ROLE "max_uses: 1\n", "unknown key \"max_uses\" in a Role"},
		{AGENT_OF("ttl: 3m\n"), "unknown key \"ttl\" in an Agent"},
		{ROLE "---\napiVersion: writ/v1\nkind: Agent\nname: a\n", "missing key \"match\""},
		{ROLE "---\napiVersion: writ/v1\nkind: Agent\nname: a\nrole: r\nmatch: {}\n",
		 "missing key \"cgroup\" in match"},
		{"apiVersion: writ/v1\nkind: Node\nname: n\n", "missing key \"environment\""},
		{NODE "strict: 1\n", "strict: expected one of: false, true"},
		{NODE "strict: true\nstrict: false\n", "strict"},
		{NODE "---\n" NODE, "a policy has one Node; the first is at"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_refused(cases[i].text, cases[i].why);
}

static void name_limit(void **state)
{
	char text[256], name[WRIT_NAME_SIZE + 1];

	(void)state;
	memset(name, 'x', sizeof(name));
	for (int extra = 0; extra < 2; extra++) {
		name[WRIT_NAME_SIZE - 1 + extra] = '\0';
		(void)snprintf(text, sizeof(text), "apiVersion: writ/v1\nkind: Role\nname: %s\n",
			       name);
		if (extra)
			assert_refused(text, "name: 64 bytes; the most is 63");
		else
			assert_accepted(text, NULL);
		name[WRIT_NAME_SIZE - 1] = 'x';
	}
}

/* @n documents of a kind. */
static char *documents(const char *kind, const char *rest, uint32_t n)
{
	size_t size = 0;
	char *text = NULL;
	FILE *file = open_memstream(&text, &size);

	(void)fputs(ROLE, file);
	for (uint32_t i = 1; i <= n; i++)
		(void)fprintf(file, "---\napiVersion: writ/v1\nkind: %s\nname: x%u\n%s", kind, i,
			      rest);
	(void)fclose(file);
	return text;
}

static void count_limits(void **state)
{
	static const struct {
		const char *kind, *rest;
		uint32_t most;
		const char *why;
	} cases[] = {
		{"Role", "", WRIT_ROLES_MAX - 1, "more than 4096 roles"},
		{"Playbook", "ttl: {default: 1s, max: 1s}\n", WRIT_PLAYBOOKS_MAX,
		 "more than 4096 playbooks"},
		{"Agent", "role: r\nmatch: {cgroup: /a/b}\n", WRIT_AGENTS_MAX,
		 "more than 16384 agents"},
	};

	(void)state;
	for (int i = 0; i < 3; i++) {
		char *text = documents(cases[i].kind, cases[i].rest, cases[i].most);

		assert_accepted(text, NULL);
		free(text);
		text = documents(cases[i].kind, cases[i].rest, cases[i].most + 1);
		assert_refused(text, cases[i].why);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(refuses),
		cmocka_unit_test(name_limit),
		cmocka_unit_test(count_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
