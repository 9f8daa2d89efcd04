/* SPDX-License-Identifier: Apache-2.0 */
/* The shipped policy answers the cases beside it, and an installed one (a directory) its own. */
#include "policy_helper.h"

#include "compile/cases.h"

static void shipped(void **state)
{
	static const char *const paths[] = {"policy"};
	struct writ_explainer *explainer = NULL;
	struct writ_diagnostics diags = {0};
	struct writ_policy *policy = NULL;
	struct writ_cases cases = {0};
	struct writ_explain_answer answer;

	(void)state;
	assert_int_equal(writ_policy_load(paths, 1, &diags, &policy), 0);
	assert_int_equal(writ_cases_load("policy", &diags, &cases), 0);
	assert_int_equal(writ_explain_new(policy, &explainer), 0);
	assert_true(cases.count >= 30);
	for (size_t i = 0; i < cases.count; i++) {
		const struct writ_case *item = &cases.items[i];

		if (writ_explain_ask(explainer, &item->question, &diags, &answer) ||
		    (answer.verdict == WRIT_VERDICT_ALLOW) != item->allow ||
		    (item->reason && item->reason != answer.reason))
			fail_msg("%s:%u: %s %s: reason %u, %s", item->at.file, item->at.line,
				 item->operation, item->object, answer.reason, answer.rule);
	}
	writ_explain_free(explainer);
	writ_cases_free(&cases);
	writ_policy_free(policy);
	writ_diagnostics_free(&diags);
}

static void names(void **state)
{
	(void)state;
	assert_true(writ_cases_is_test("a.test.yaml"));
	assert_true(writ_cases_is_test("/x/a.test.yml"));
	assert_false(writ_cases_is_test("test.yaml"));
	assert_false(writ_cases_is_test("a.yaml"));
	assert_false(writ_cases_is_test("a.test.yaml.old"));
	assert_false(writ_cases_is_test(".test.yaml"));
}

/* A document of WRIT_CASES_MAX cases is read, one more is not. */
static void limit(void **state)
{
	const char one[] = "- {agent: a, operation: read, object: /, expect: deny}\n";
	char path[] = "/tmp/writ-test-XXXXXX.test.yaml";
	struct writ_diagnostics diags = {0};
	struct writ_cases cases = {0};
	FILE *file = fdopen(mkstemps(path, 10), "w");

	(void)state;
	assert_non_null(file);
	(void)fputs("apiVersion: writ/v1\nkind: Test\nname: many\ncases:\n", file);
	for (uint32_t i = 0; i < WRIT_CASES_MAX; i++)
		(void)fputs(one, file);
	assert_int_equal(fflush(file), 0);
	assert_int_equal(writ_cases_load(path, &diags, &cases), 0);
	assert_int_equal(cases.count, WRIT_CASES_MAX);
	(void)fputs(one, file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(writ_cases_load(path, &diags, &cases), -EINVAL);
	assert_non_null(strstr(diags.items[0].text, "65537 elements; the most is 65536"));
	assert_int_equal(unlink(path), 0);
	writ_cases_free(&cases);
	writ_diagnostics_free(&diags);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shipped),
		cmocka_unit_test(names),
		cmocka_unit_test(limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
