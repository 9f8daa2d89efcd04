/* SPDX-License-Identifier: Apache-2.0 */
/* Regular expressions: whole text or nothing, and none that eats memory or time. */
#include "policy_helper.h"

#include "compile/pattern.h"

static bool matches(const char *pattern, const char *text)
{
	char why[WRIT_PATTERN_ERROR_SIZE];
	regex_t regex;
	bool found;

	if (writ_pattern_compile(pattern, why, &regex))
		fail_msg("%s: %s", pattern, why);
	found = writ_pattern_match(&regex, text);
	regfree(&regex);
	return found;
}

static void whole_text(void **state)
{
	(void)state;
	assert_true(matches("CHG-[0-9]+", "CHG-1842"));
	assert_false(matches("CHG-[0-9]+", "xCHG-1"));
	assert_false(matches("CHG-[0-9]+", "CHG-1x"));
	assert_false(matches("CHG-[0-9]+", "CHG-1\nCHG-2"));
	assert_false(matches("CHG-[0-9]+", "CHG-1\n"));
	assert_true(matches("a|bc", "bc"));
	assert_false(matches("a|bc", "ac"));
	assert_false(matches("a|b", "ax"));
	assert_true(matches("(a|b)*", ""));
	assert_true(matches("[]a]{2}", "]a"));
	assert_true(matches("[[:alpha:]]+", "ab"));
	assert_true(matches("\\(x\\)", "(x)"));
	assert_true(matches("[a-z][a-z0-9-]{0,31}", "billing"));
	assert_false(matches("[a-z]", "\xc3\xa4"));
}

static void refuses(void **state)
{
	static const struct {
		const char *pattern, *why;
	} cases[] = {
		{"a)(b", "\")\" without"},
		{"(a", "\"(\" without"},
		{"[a", "\"[\" without"},
		{"[[:alpha:", "\"[\" without"},
		{"a{", "must begin a repetition"},
		{"a{x}", "must begin a repetition"},
		{"a{2,1}", "ascending"},
		{"a{256}", "at most 255"},
		{"a{1000}", "must begin"},
		{"\\1", "backslash"},
		{"(a)\\1", "backslash"},
		{"\\w", "backslash"},
		{"a\\", "backslash"},
		{"((((a{255}){255}){255}){255})", "too large"},
		{"(a{64}){65}", "too large"},
		{"((((((((((((((((((a))))))))))))))))))", "too deep"},
	};
	char why[WRIT_PATTERN_ERROR_SIZE];
	regex_t regex;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(writ_pattern_compile(cases[i].pattern, why, &regex), -EINVAL);
		if (!strstr(why, cases[i].why))
			fail_msg("%s: expected %s, found %s", cases[i].pattern, cases[i].why, why);
	}
}

static void length(void **state)
{
	char pattern[WRIT_PATTERN_SIZE + 1], why[WRIT_PATTERN_ERROR_SIZE];
	regex_t regex;

	(void)state;
	memset(pattern, 'a', sizeof(pattern));
	pattern[WRIT_PATTERN_SIZE - 1] = '\0';
	assert_true(matches(pattern, pattern));
	pattern[WRIT_PATTERN_SIZE - 1] = 'a';
	pattern[WRIT_PATTERN_SIZE] = '\0';
	assert_int_equal(writ_pattern_compile(pattern, why, &regex), -EINVAL);
	assert_string_equal(why, "too long");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_text),
		cmocka_unit_test(refuses),
		cmocka_unit_test(length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
