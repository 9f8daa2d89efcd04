/* SPDX-License-Identifier: Apache-2.0 */
/* Look-up by name, duplicates, the nearest name. */
#include "policy_helper.h"

#include "compile/index.h"
#include "lib/cleanup.h"

static void finds(void **state)
{
	static const struct writ_named objects[] = {{"web", {"f", 1, 1}},
						    {"db", {"f", 2, 1}},
						    {"web", {"f", 3, 1}},
						    {"cache", {"f", 4, 1}}};
	struct writ_diagnostics diags = {0};
	struct writ_index index;
	char line[256];

	(void)state;
	assert_int_equal(writ_index_build(&index, objects, 4, sizeof(objects[0])), 0);
	assert_ptr_equal(writ_index_find(&index, "web"), &objects[0]);
	assert_ptr_equal(writ_index_find(&index, "db"), &objects[1]);
	assert_ptr_equal(writ_index_find(&index, "cache"), &objects[3]);
	assert_null(writ_index_find(&index, "a"));
	assert_null(writ_index_find(&index, "zz"));
	assert_string_equal(writ_index_nearest(&index, "cahce"), "cache");
	assert_null(writ_index_nearest(&index, "other"));
	writ_index_duplicates(&index, "Role", &diags);
	assert_int_equal(diags.errors, 1);
	writ_diagnostics_format(&diags, 0, line, sizeof(line));
	assert_string_equal(line, "f:3:1: Role \"web\" is there already; first at f:1:1");
	writ_diagnostics_free(&diags);
	writ_index_free(&index);
	assert_int_equal(writ_index_build(&index, NULL, 0, 8), 0);
	assert_null(writ_index_find(&index, "web"));
	writ_index_free(&index);
}

/* Errors over the limit are counted, without a search for what might have been meant. */
static void reports_missing(void **state)
{
	static const struct writ_named objects[] = {{"web", {"f", 1, 1}}};
	const struct writ_position at = {"g", 7, 3};
	_cleanup_(writ_diagnostics_free) struct writ_diagnostics diags = {0};
	struct writ_index index;
	char line[256];

	(void)state;
	assert_int_equal(writ_index_build(&index, objects, 1, sizeof(objects[0])), 0);
	assert_int_equal(writ_index_missing(&index, "Role", "wbe", &at, &diags), -EINVAL);
	assert_int_equal(writ_index_missing(&index, "Role", "other", &at, &diags), -EINVAL);
	writ_diagnostics_format(&diags, 0, line, sizeof(line));
	assert_string_equal(line, "g:7:3: no Role is named \"wbe\" (did you mean \"web\"?)");
	writ_diagnostics_format(&diags, 1, line, sizeof(line));
	assert_string_equal(line, "g:7:3: no Role is named \"other\"");
	while (diags.errors <= WRIT_DIAGNOSTICS_MAX)
		assert_int_equal(writ_index_missing(&index, "Role", "wbe", &at, &diags), -EINVAL);
	assert_int_equal(diags.count, WRIT_DIAGNOSTICS_MAX);
	assert_int_equal(diags.omitted, 1);
	writ_diagnostics_format(&diags, WRIT_DIAGNOSTICS_MAX - 1, line, sizeof(line));
	assert_string_equal(line, "g:7:3: no Role is named \"wbe\" (did you mean \"web\"?)");
	writ_index_free(&index);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(finds),
					   cmocka_unit_test(reports_missing)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
