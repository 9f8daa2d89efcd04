/* SPDX-License-Identifier: Apache-2.0 */
/* lib/time.c: durations in both directions, stamps. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>

#include "lib/time.h"

#define S WRIT_NS_PER_SECOND

static void parses(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} cases[] = {
		{"250ms", S / 4},	{"20s", 20 * S},
		{"3m", 180 * S},	{"1h30m", 5400 * S},
		{"2d", 172800 * S},	{"0s", 0},
		{"365d", 31536000 * S}, {"1d1h1m1s1ms", 90061 * S + 1000000},
	};
	uint64_t ns;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(writ_time_parse(cases[i].text, &ns), 0);
		assert_true(ns == cases[i].ns);
	}
}

static void refuses(void **state)
{
	static const char *const bad[] = {"", "s", "3", "3 m", "-3m", "3x", "3mx", "m3", "1.5h"};
	static const char *const large[] = {"366d", "365d1ms", "99999999999999999999s"};
	uint64_t ns = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(writ_time_parse(bad[i], &ns), -EINVAL);
	for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++)
		assert_int_equal(writ_time_parse(large[i], &ns), -ERANGE);
	assert_int_equal(ns, 7);
}

static void formats(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} cases[] = {
		{0, "0s"},
		{S, "1s"},
		{9 * S + 100000000, "9.1s"},
		{400000000, "0.4s"},
		{20 * S, "20s"},
		{5400 * S, "1h30m"},
		{90061 * S, "1d1h1m1s"},
	};
	char text[32];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		writ_time_format(cases[i].ns, text, sizeof(text));
		assert_string_equal(text, cases[i].text);
	}
}

static void stamps(void **state)
{
	char text[WRIT_TIME_STAMP_SIZE];

	(void)state;
	writ_time_stamp(INT64_C(1795342272345678901), text, sizeof(text));
	assert_string_equal(text, "2026-11-22T10:11:12.345678Z");
	writ_time_stamp(0, text, sizeof(text));
	assert_string_equal(text, "1970-01-01T00:00:00.000000Z");
}

static void clocks(void **state)
{
	uint64_t before = writ_time_boot();

	(void)state;
	assert_true(writ_time_boot() >= before);
	assert_true(writ_time_offset() > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses), cmocka_unit_test(refuses), cmocka_unit_test(formats),
		cmocka_unit_test(stamps), cmocka_unit_test(clocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
