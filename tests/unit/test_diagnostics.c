/* SPDX-License-Identifier: Apache-2.0 */
/* The list of errors: lines, order, cap, and that no name can forge a line. */
#include "policy_helper.h"

#include "compile/diagnostics.h"

static const char *line_of(const struct writ_diagnostics *diags, size_t index)
{
	static char line[4096];

	writ_diagnostics_format(diags, index, line, sizeof(line));
	return line;
}

static void lines(void **state)
{
	const struct writ_position at = {"b.yaml", 2, 5}, whole = {"a.yaml", 0, 0};
	struct writ_diagnostics diags;

	(void)state;
	writ_diagnostics_init(&diags);
	assert_int_equal(writ_diagnostics_error(&diags, &at, "second %d", 2), -EINVAL);
	assert_int_equal(writ_diagnostics_warn(&diags, &at, "third"), 0);
	(void)writ_diagnostics_error(&diags, &whole, "a\nb\x1b\\");
	(void)writ_diagnostics_error(&diags, NULL, "nowhere");
	writ_diagnostics_sort(&diags);
	assert_string_equal(line_of(&diags, 0), "nowhere");
	assert_string_equal(line_of(&diags, 1), "a.yaml: a\\x0ab\\x1b\\\\");
	assert_string_equal(line_of(&diags, 2), "b.yaml:2:5: second 2");
	assert_string_equal(line_of(&diags, 3), "b.yaml:2:5: warning: third");
	assert_int_equal(diags.errors, 3);
	assert_int_equal(diags.warnings, 1);
	writ_diagnostics_free(&diags);
}

static void cap(void **state)
{
	struct writ_diagnostics diags = {0};

	(void)state;
	for (uint32_t i = 0; i < WRIT_DIAGNOSTICS_MAX; i++)
		(void)writ_diagnostics_error(&diags, NULL, "%u", i);
	assert_int_equal(writ_diagnostics_lines(&diags), WRIT_DIAGNOSTICS_MAX);
	(void)writ_diagnostics_error(&diags, NULL, "one more");
	(void)writ_diagnostics_warn(&diags, NULL, "two more");
	assert_int_equal(writ_diagnostics_lines(&diags), WRIT_DIAGNOSTICS_MAX + 1);
	assert_string_equal(line_of(&diags, WRIT_DIAGNOSTICS_MAX), "and 2 more");
	assert_int_equal(diags.errors, WRIT_DIAGNOSTICS_MAX + 1);
	writ_diagnostics_free(&diags);
}

static void joined(void **state)
{
	struct writ_diagnostics diags = {0};
	char text[16];

	(void)state;
	writ_diagnostics_join(&diags, text, sizeof(text));
	assert_string_equal(text, "");
	(void)writ_diagnostics_error(&diags, NULL, "one");
	(void)writ_diagnostics_warn(&diags, NULL, "not this");
	(void)writ_diagnostics_error(&diags, NULL, "two");
	writ_diagnostics_join(&diags, text, sizeof(text));
	assert_string_equal(text, "one; two");
	(void)writ_diagnostics_error(&diags, NULL, "a long one");
	writ_diagnostics_join(&diags, text, sizeof(text));
	assert_string_equal(text, "one; two; a lon");
	writ_diagnostics_free(&diags);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(cap),
		cmocka_unit_test(joined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
