/* SPDX-License-Identifier: Apache-2.0 */
/* audit/json.c: numbers and dates at their ends, text escaped once and text escaped before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "audit/json.h"
#include "lib/escape.h"
#include "lib/time.h"

static char buffer[65536];
static struct writ_json json;

static void begin(void)
{
	memset(buffer, 0, sizeof(buffer));
	writ_json_begin(&json, buffer, sizeof(buffer));
}

static void test_shape(void **state)
{
	(void)state;
	begin();
	writ_json_open(&json, NULL, '{');
	writ_json_word(&json, "a", "b");
	writ_json_word(&json, "n", NULL);
	writ_json_open(&json, "list", '[');
	writ_json_unsigned(&json, NULL, 1);
	writ_json_number(&json, NULL, -2);
	writ_json_close(&json, ']');
	writ_json_true(&json, "t");
	writ_json_id(&json, "id", UINT64_MAX);
	writ_json_close(&json, '}');
	writ_json_newline(&json);
	assert_string_equal(buffer, "{\"a\":\"b\",\"n\":null,\"list\":[1,-2],\"t\":true,"
				    "\"id\":\"18446744073709551615\"}\n");
	assert_int_equal(writ_json_length(&json), strlen(buffer));
}

static void test_numbers(void **state)
{
	(void)state;
	begin();
	writ_json_open(&json, NULL, '[');
	writ_json_number(&json, NULL, INT64_MIN);
	writ_json_number(&json, NULL, INT64_MAX);
	writ_json_unsigned(&json, NULL, UINT64_MAX);
	writ_json_unsigned(&json, NULL, 0);
	writ_json_seconds(&json, NULL, 17250999999);
	writ_json_seconds(&json, NULL, -999999);
	writ_json_seconds(&json, NULL, -1000000);
	writ_json_seconds(&json, NULL, INT64_MIN);
	writ_json_close(&json, ']');
	assert_string_equal(buffer,
			    "[-9223372036854775808,9223372036854775807,18446744073709551615,0,"
			    "17.250,0.000,-0.001,-9223372036.854]");
}

static void check_time(int64_t wall_ns)
{
	char expected[WRIT_TIME_STAMP_SIZE + 4] = "\"";

	begin();
	writ_json_time(&json, NULL, wall_ns);
	writ_time_stamp(wall_ns, expected + 1, WRIT_TIME_STAMP_SIZE);
	(void)strcat(expected, "\"");
	assert_string_equal(buffer, expected);
}

static void test_times(void **state)
{
	(void)state;
	srandom(1);
	check_time(0);
	check_time(INT64_C(951782400) * 1000000000);  /* 2000-02-29 */
	check_time(INT64_C(4107542400) * 1000000000); /* 2100-03-01: 2100 has no leap day */
	check_time(INT64_MAX);
	for (int i = 0; i < 20000; i++)
		check_time((int64_t)random() * random());
	begin();
	writ_json_time(&json, NULL, INT64_MIN);
	assert_string_equal(buffer, "\"1970-01-01T00:00:00.000000Z\"");
}

static void test_escaped_before(void **state)
{
	static const char raw[] = "service=a\nb\\c \"q\" \xff";
	char text[WRIT_ESCAPE_SIZE(sizeof(raw))];
	size_t len = writ_escape_text(raw, sizeof(raw) - 1, text, sizeof(text));
	char once[256];

	(void)state;
	begin();
	writ_json_text(&json, NULL, raw, sizeof(raw) - 1);
	memcpy(once, buffer, sizeof(once));
	begin();
	writ_json_escaped(&json, NULL, text, len);
	assert_string_equal(buffer, once);
	begin();
	writ_json_escaped(&json, NULL, "\n\xff\\",
			  3); /* was not escaped: stays one line all the same */
	assert_string_equal(buffer, "\"\\\\x0a\\\\xff\\\\\"");
}

static void test_field_without_nul(void **state)
{
	(void)state;
	begin();
	writ_json_field(&json, NULL, "abcd", 2);
	assert_string_equal(buffer, "\"ab\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_escaped_before),
		cmocka_unit_test(test_field_without_nul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
