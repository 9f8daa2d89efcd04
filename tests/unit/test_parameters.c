/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters: no value can widen a rule, whatever its pattern lets through. */
#include "policy_helper.h"

#include "compile/grant.h"
#include "compile/parameters.h"

/* The widest pattern there is; `a` is used in a path, `b` in an argument only. */
#define WIDE                                                                                      \
	ROLE "playbooks: [p]\n" AGENT(                                                            \
		"x", "/x/y") "---\n" PLAYBOOK                                                     \
			     "parameters:\n  a: {pattern: '.*'}\n  b: {pattern: '.*'}\n"          \
			     "files: [{path: '/srv/{a}/**', allow: [read]}, {path: '/opt/x{a}', " \
			     "allow: [write]}]\n"                                                 \
			     "exec: [{path: /bin/x, argv: [x, '{b}', '-{b}']}]\n"

static int compile_values(const char *a, const char *b, struct writ_tables *tables, char *why)
{
	struct writ_policy *policy = good_policy(WIDE);
	struct writ_diagnostics diags = {0};
	struct writ_grant_plan plan = {0};
	struct writ_request asked = {.n_parameters = 2, .agent = "x", .playbook = "p"};
	int err;

	strcpy(asked.parameters[0].name, "a");
	strcpy(asked.parameters[1].name, "b");
	(void)snprintf(asked.parameters[0].value, WRIT_VALUE_SIZE, "%s", a);
	(void)snprintf(asked.parameters[1].value, WRIT_VALUE_SIZE, "%s", b);
	err = writ_grant_compile(policy, &asked, &diags, &plan);
	if (!err)
		place_image(tables, &plan.image);
	writ_diagnostics_join(&diags, why, 1024);
	writ_diagnostics_free(&diags);
	writ_grant_plan_free(&plan);
	writ_policy_free(policy);
	return err;
}

static void never_widens(void **state)
{
	static const char *const values[] = {"*",   "**",  "?",	   "[a-z]", "{x,y}", "\\",
					     "a*",  "[",   "{",	   "}",	    "{a}",   "..x",
					     "...", "a,b", "\xff", "*\\*"};
	struct writ_tables *tables = writ_tables_new();
	char path[512], why[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		assert_int_equal(compile_values(values[i], "b", tables, why), 0);
		(void)snprintf(path, sizeof(path), "/srv/%s/f", values[i]);
		assert_int_equal(ask(tables, path, NULL), WRIT_ACCESS_READ);
		assert_int_equal(ask(tables, "/srv/other/f", NULL), 0);
		assert_int_equal(ask(tables, "/srv/x/f", NULL), 0);
		assert_int_equal(ask(tables, "/srv/aa/f", NULL), 0);
		assert_int_equal(ask(tables, "/srv", NULL), 0);
		(void)snprintf(path, sizeof(path), "/opt/x%s", values[i]);
		assert_int_equal(ask(tables, path, NULL), WRIT_ACCESS_WRITE);
		assert_int_equal(ask(tables, "/opt/xx", NULL), 0);
	}
	writ_tables_free(tables);
}

static void refuses(void **state)
{
	static const char *const values[] = {"",     ".",  "..",   "/",	   "a/b",
					     "../x", "a/", "a\nb", "\x7f", "\x01"};
	struct writ_tables *tables = writ_tables_new();
	char why[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		assert_int_equal(compile_values(values[i], "b", tables, why), -EINVAL);
		assert_non_null(strstr(why, "parameter a: "));
	}
	/* an argument may be a path or empty, never a control byte */
	assert_int_equal(compile_values("a", "/etc/x", tables, why), 0);
	assert_int_equal(compile_values("a", "", tables, why), 0);
	assert_int_equal(compile_values("a", "..", tables, why), 0);
	assert_int_equal(compile_values("a", "x\ny", tables, why), -EINVAL);
	writ_tables_free(tables);
}

static void in_arguments(void **state)
{
	static const char good[] = "/bin/x\0x\0**\0-**", bad[] = "/bin/x\0x\0ab\0-**";
	struct writ_tables *tables = writ_tables_new();
	uint32_t accept = 0;
	char why[1024];

	(void)state;
	assert_int_equal(compile_values("a", "**", tables, why), 0);
	assert_int_equal(writ_image_match_exec(tables, PLACE, good, sizeof(good), &accept), 0);
	assert_int_not_equal(accept, 0);
	assert_int_equal(writ_image_match_exec(tables, PLACE, bad, sizeof(bad), &accept), 0);
	assert_int_equal(accept, 0);
	writ_tables_free(tables);
}

static void set_request(struct writ_request *asked, uint32_t n, const char *const *names)
{
	*asked = (struct writ_request){.n_parameters = n};
	for (uint32_t i = 0; i < n && i < WRIT_PARAMETERS_MAX; i++) {
		strcpy(asked->parameters[i].name, names[i]);
		strcpy(asked->parameters[i].value, "v");
	}
}

static void names(void **state)
{
	static const struct {
		uint32_t n;
		const char *names[3], *why;
	} cases[] = {
		{1, {"a"}, "parameter b is missing; give b=VALUE that matches .*"},
		{3, {"a", "b", "c"}, "playbook p has no parameter \"c\"; it has: a, b"},
		{3, {"a", "b", "a"}, "parameter a is given twice"},
	};
	struct writ_policy *policy = good_policy(WIDE);
	const char *values[WRIT_PARAMETERS_MAX];
	struct writ_request asked;
	char why[1024];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct writ_diagnostics diags = {0};

		set_request(&asked, cases[i].n, cases[i].names);
		assert_int_equal(writ_parameters_check(policy->playbooks, &asked, &diags, values),
				 -EINVAL);
		writ_diagnostics_join(&diags, why, sizeof(why));
		assert_non_null(strstr(why, cases[i].why));
		writ_diagnostics_free(&diags);
	}
	writ_policy_free(policy);
}

static void untrusted(void **state)
{
	static const char *const both[] = {"a", "b"};
	struct writ_policy *policy = good_policy(WIDE);
	const char *values[WRIT_PARAMETERS_MAX];
	struct writ_diagnostics diags = {0};
	struct writ_request asked;
	char text[8];

	(void)state;
	set_request(&asked, 2, both);
	assert_int_equal(writ_parameters_check(policy->playbooks, &asked, &diags, values), 0);
	writ_parameters_format(policy->playbooks, values, text, sizeof(text));
	assert_string_equal(text, "a=v b=v");
	asked.n_parameters = WRIT_PARAMETERS_MAX + 1;
	assert_int_equal(writ_parameters_check(policy->playbooks, &asked, &diags, values), -EINVAL);
	set_request(&asked, 2, both);
	memset(asked.parameters[1].value, 'v', WRIT_VALUE_SIZE - 1);
	assert_int_equal(writ_parameters_check(policy->playbooks, &asked, &diags, values), 0);
	memset(asked.parameters[1].value, 'v', WRIT_VALUE_SIZE);
	assert_int_equal(writ_parameters_check(policy->playbooks, &asked, &diags, values), -EINVAL);
	writ_diagnostics_free(&diags);
	writ_policy_free(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(never_widens), cmocka_unit_test(refuses),
		cmocka_unit_test(in_arguments), cmocka_unit_test(names),
		cmocka_unit_test(untrusted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
