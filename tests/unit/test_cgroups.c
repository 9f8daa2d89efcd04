/* SPDX-License-Identifier: Apache-2.0 */
/* Cgroup patterns: one cgroup, one agent; and never the host's own cgroups. */
#include "policy_helper.h"

#include "compile/cgroups.h"

static int compile(const char *text, const uint32_t *index, struct writ_tables *tables, char *why)
{
	struct writ_policy *policy = good_policy(text);
	struct writ_diagnostics diags = {0};
	struct writ_blob image = {0};
	int err = writ_cgroups_compile(policy, index, &diags, &image);

	if (!err)
		place_image(tables, &image);
	writ_diagnostics_join(&diags, why, 1024);
	writ_diagnostics_free(&diags);
	writ_blob_free(&image);
	writ_policy_free(policy);
	return err;
}

static void finds_agents(void **state)
{
	static const uint32_t index[] = {40, 2, 7};
	const char *text = ROLE AGENT("a", "/agents/a") AGENT("b", "'/agents/{b,c}/*'")
		AGENT("c", "/agents/below/**");
	struct writ_tables *tables = writ_tables_new();
	char why[1024];

	(void)state;
	assert_int_equal(compile(text, index, tables, why), 0);
	assert_int_equal(ask(tables, "/agents/a", NULL), 40);
	assert_int_equal(ask(tables, "/agents/a/x", NULL), 0);
	assert_int_equal(ask(tables, "/agents/c/x", NULL), 2);
	assert_int_equal(ask(tables, "/agents/below/x/y", NULL), 7);
	assert_int_equal(ask(tables, "/agents/below", NULL), 0);
	assert_int_equal(ask(tables, "/agents", NULL), 0);
	assert_int_equal(compile(text, NULL, tables, why), 0);
	assert_int_equal(ask(tables, "/agents/below/x", NULL), 3);
	assert_int_equal(compile(ROLE, NULL, tables, why), 0);
	assert_int_equal(ask(tables, "/agents/a", NULL), 0);
	writ_tables_free(tables);
}

static void refuses(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ROLE AGENT("a", "/agents/*") AGENT("b", "/agents/b"),
		 "of agent b can match the same cgroup as \"/agents/*\" of agent a"},
		{ROLE AGENT("a", "/agents/x") AGENT("b", "/agents/x"), "can match the same cgroup"},
		{ROLE AGENT("a", "/x/*y") AGENT("b", "/x/z*"), "can match the same cgroup"},
		{ROLE AGENT("a", "/system.slice"), "matches /system.slice, the host's own"},
		{ROLE AGENT("a", "/system.slice/**"), "the host's own"},
		{ROLE AGENT("a", "/user.slice/*"), "the host's own"},
	};
	char why[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(compile(cases[i].text, NULL, NULL, why), -EINVAL);
		if (!strstr(why, cases[i].why))
			fail_msg("expected: %s\nfound: %s", cases[i].why, why);
	}
}

static void first_part(void **state)
{
	(void)state;
	assert_refused(ROLE AGENT("a", "/"), "first part");
	assert_refused(ROLE AGENT("a", "/**"), "first part");
	assert_refused(ROLE AGENT("a", "/*"), "first part");
	assert_refused(ROLE AGENT("a", "/?*"), "first part");
	assert_refused(ROLE AGENT("a", "'/{a,*}/x'"), "first part");
	assert_refused(ROLE AGENT("a", "/a*"), "first part");
	assert_accepted(ROLE AGENT("a", "/a/*"), NULL);
}

static void length(void **state)
{
	char text[2048], cgroup[WRIT_CGROUP_PATH_SIZE + 1] = "/a/";

	(void)state;
	memset(cgroup + 3, 'x', WRIT_CGROUP_PATH_SIZE - 4);
	(void)snprintf(text, sizeof(text), ROLE AGENT("a", "%s"), cgroup);
	assert_accepted(text, NULL);
	cgroup[WRIT_CGROUP_PATH_SIZE - 1] = 'x';
	(void)snprintf(text, sizeof(text), ROLE AGENT("a", "%s"), cgroup);
	assert_refused(text, "cgroup: 1024 bytes; the most is 1023");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_agents),
		cmocka_unit_test(refuses),
		cmocka_unit_test(first_part),
		cmocka_unit_test(length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
