/* SPDX-License-Identifier: Apache-2.0 */
/* user/cli/sinks.c: rows of sinks as a line and as JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/sinks.h"

static void as_a_line(void **state)
{
	struct writ_sink_row row = {.name = "siem",
				    .type = "syslog",
				    .state = WRIT_SINK_STATE_CURRENT,
				    .sent_lines = 12};
	char text[512], narrow[24];

	(void)state;
	assert_int_equal(writ_sinks_text(&row, text, sizeof(text)), WRIT_COLOUR_NONE);
	assert_string_equal(text, "siem (syslog): current, 12 lines sent");
	row.state = WRIT_SINK_STATE_CONNECTING;
	row.behind_lines = 3;
	row.retries = 2;
	(void)strcpy(row.error, "refused");
	assert_int_equal(writ_sinks_text(&row, text, sizeof(text)), WRIT_COLOUR_YELLOW);
	assert_string_equal(text, "siem (syslog): connecting, 12 lines sent, 3 behind, 2 retries; "
				  "last error: refused");
	row.lost_segments = 1;
	assert_int_equal(writ_sinks_text(&row, text, sizeof(text)), WRIT_COLOUR_RED);
	row.lost_segments = 0;
	row.skipped_lines = 7;
	row.state = 77;
	assert_int_equal(writ_sinks_text(&row, text, sizeof(text)), WRIT_COLOUR_RED);
	assert_non_null(strstr(text, "): unknown, "));
	assert_non_null(strstr(text, ", 7 left out,"));
	(void)writ_sinks_text(&row, narrow, sizeof(narrow));
	assert_string_equal(narrow, "siem (syslog): unknown,");
}

static void as_json(void **state)
{
	struct writ_reply reply = {.sink = {.name = "s\xff", .type = "kafka", .retries = 5}};
	const struct writ_answer one = {.rows = &reply, .count = 1}, none = {.count = 0};
	json_t *list = writ_sinks_json(&one), *empty = writ_sinks_json(&none);
	const json_t *sink = json_array_get(list, 0);

	(void)state;
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(json_string_value(json_object_get(sink, "name")), "s\\xff");
	assert_string_equal(json_string_value(json_object_get(sink, "state")), "unused");
	assert_int_equal(json_integer_value(json_object_get(sink, "retries")), 5);
	assert_int_equal(json_object_size(sink), 13);
	assert_true(json_is_array(empty));
	assert_int_equal(json_array_size(empty), 0);
	json_decref(list);
	json_decref(empty);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_a_line),
		cmocka_unit_test(as_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
