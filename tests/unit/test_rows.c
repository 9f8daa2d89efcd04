/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the ledger, each proposed once: at both ends of the window, and of the numbers. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/rows.h"

static struct writ_rows rows;
static char error[WRIT_ERROR_SIZE];

static int check(uint64_t row)
{
	return writ_rows_check(&rows, row, error);
}

static int take(uint64_t row)
{
	int err = check(row);

	if (!err)
		writ_rows_note(&rows, row);
	return err;
}

static void test_once_in_any_order(void **state)
{
	static const uint64_t order[] = {3, 1, 64, 63, 65, 2, 128, 127};

	(void)state;
	writ_rows_open(&rows, 0);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		assert_int_equal(take(order[i]), 0);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		assert_int_equal(take(order[i]), -EEXIST);
	assert_int_equal(take(126), 0);
	assert_int_equal(rows.highest, 128);
}

static void test_window(void **state)
{
	(void)state;
	writ_rows_open(&rows, 0);
	assert_int_equal(take(2), 0);
	assert_int_equal(take(WRIT_ROWS_WINDOW), 0);
	assert_int_equal(check(1), 0);
	assert_int_equal(take(WRIT_ROWS_WINDOW + 1), 0);
	assert_int_equal(check(1), -EEXIST); /* nobody knows */
	assert_non_null(strstr(error, "row 1 of the ledger was proposed before, or is older"));
	assert_int_equal(check(2), -EEXIST);
	assert_int_equal(check(3), 0);
	assert_int_equal(take(WRIT_ROWS_WINDOW + 2), 0); /* in the place of 2 */
	assert_int_equal(take(WRIT_ROWS_WINDOW + 3), 0);
	assert_int_equal(take(2 * WRIT_ROWS_WINDOW + 3), 0); /* all bits at once */
	assert_int_equal(take(WRIT_ROWS_WINDOW + 3), -EEXIST);
	assert_int_equal(take(WRIT_ROWS_WINDOW + 4), 0);
	assert_int_equal(take(2 * WRIT_ROWS_WINDOW + 3), -EEXIST);
}

static void test_every_row_of_two_windows(void **state)
{
	(void)state;
	writ_rows_open(&rows, 7);
	for (uint64_t row = 9; row < 2 * WRIT_ROWS_WINDOW; row += 2) {
		assert_int_equal(take(row), 0);
		assert_int_equal(take(row), -EEXIST);
		assert_int_equal(take(row - 1), 0);
		assert_int_equal(take(row - 1), -EEXIST);
	}
}

static void test_numbers(void **state)
{
	(void)state;
	writ_rows_open(&rows, 10);
	assert_int_equal(check(0), -EINVAL);
	assert_non_null(strstr(error, "no row in the ledger"));
	assert_int_equal(check(10), -EEXIST);
	assert_int_equal(check(1), -EEXIST);
	assert_int_equal(check(11), 0);
	assert_int_equal(check(10 + WRIT_ROWS_JUMP), 0);
	assert_int_equal(check(11 + WRIT_ROWS_JUMP), -ERANGE);
	assert_non_null(strstr(error, "the last one was 10"));
	assert_int_equal(check(UINT64_MAX), -ERANGE);
	writ_rows_open(&rows, INT64_MAX - 1);
	assert_int_equal(take(INT64_MAX), 0);
	assert_int_equal(check((uint64_t)INT64_MAX + 1), -ERANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_once_in_any_order),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_every_row_of_two_windows),
		cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
