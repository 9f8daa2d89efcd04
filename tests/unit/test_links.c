/* SPDX-License-Identifier: Apache-2.0 */
/* The policy as a whole: names that exist, once, and one environment. */
#include "policy_helper.h"

#define NODE(environment) \
	"---\napiVersion: writ/v1\nkind: Node\nname: n\nenvironment: " environment "\n"

static void names(void **state)
{
	(void)state;
	assert_accepted(ROLE "playbooks: [p]\n---\n" PLAYBOOK, NULL);
	assert_refused(ROLE "playbooks: [p]\n", "p.yaml:4:13: no Playbook is named \"p\"");
	assert_refused(ROLE "playbooks: [deplyo]\n---\napiVersion: writ/v1\nkind: Playbook\n"
			    "name: deploy\nttl: {default: 1s, max: 1s}\n",
		       "(did you mean \"deploy\"?)");
	assert_refused(AGENT("a", "/a/b"), "p.yaml:5:7: no Role is named \"r\"");
	assert_refused(ROLE "---\n" ROLE, "Role \"r\" is there already; first at");
	assert_refused(PLAYBOOK "---\n" PLAYBOOK, "Playbook \"p\" is there already");
	assert_refused(ROLE AGENT("a", "/a/b") AGENT("a", "/a/c"), "Agent \"a\" is there already");
	/* names of different kinds do not meet */
	assert_accepted(ROLE AGENT("r", "/a/b"), NULL);
}

static void environments(void **state)
{
	struct writ_policy *policy = good_policy(ROLE AGENT("a", "/a/b") NODE("test"));

	(void)state;
	assert_string_equal(policy->agents[0].environment, "test");
	writ_policy_free(policy);
	policy = good_policy(ROLE AGENT("a", "/a/b") "environment: test\n");
	assert_string_equal(policy->agents[0].environment, "test");
	writ_policy_free(policy);
	assert_accepted(ROLE AGENT("a", "/a/b") "environment: test\n" NODE("test"), NULL);
	assert_refused(ROLE AGENT("a", "/a/b") "environment: test\n" NODE("production"),
		       "environment \"test\" is not the node's, \"production\"");
}

/* {environment} without an environment would be an empty part of a path. */
static void no_environment(void **state)
{
	static const char rule[] = "files: [{path: '/srv/{environment}/x', allow: [read]}]\n";
	char role[512], playbook[512];

	(void)state;
	(void)snprintf(role, sizeof(role), ROLE "%s" AGENT("a", "/a/b"), rule);
	(void)snprintf(playbook, sizeof(playbook),
		       ROLE "playbooks: [p]\n" AGENT("a", "/a/b") "---\n" PLAYBOOK "%s", rule);
	assert_refused(role, "agent \"a\" has no environment, and role r names {environment}");
	assert_refused(playbook, "agent \"a\" has no environment, and playbook p names");
	strcat(role, NODE("test"));
	strcat(playbook, NODE("test"));
	assert_accepted(role, NULL);
	assert_accepted(playbook, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(environments),
		cmocka_unit_test(no_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
