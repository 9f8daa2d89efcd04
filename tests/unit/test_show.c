/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cli/show.c: the lines of tests/unit/data/tail.jsonl as tail.txt shows them, and nothing from a
 * hostile log reaches the terminal as it is.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/show.h"
#include "lib/cleanup.h"

static char shown[WRIT_SHOW_SIZE];

static int show(const char *line)
{
	return writ_show_line(line, strlen(line), shown, sizeof(shown));
}

static void test_as_expected(void **state)
{
	_cleanup_fclose_ FILE *lines = fopen("tests/unit/data/tail.jsonl", "re");
	_cleanup_fclose_ FILE *expected = fopen("tests/unit/data/tail.txt", "re");
	_cleanup_free_ char *line = NULL, *text = NULL;
	size_t line_size = 0, text_size = 0;

	(void)state;
	assert_non_null(lines);
	assert_non_null(expected);
	while (getline(&line, &line_size, lines) > 0) {
		line[strcspn(line, "\n")] = '\0';
		assert_int_equal(show(line), 0);
		assert_true(getline(&text, &text_size, expected) > 0);
		text[strcspn(text, "\n")] = '\0';
		assert_string_equal(shown, text);
	}
	assert_int_equal(getline(&text, &text_size, expected), -1);
}

static void test_refused(void **state)
{
	(void)state;
	assert_int_equal(show(""), -EBADMSG);
	assert_int_equal(show("[]"), -EBADMSG);
	assert_int_equal(show("{}"), -EBADMSG);
	assert_int_equal(show("{\"type\":\"gap\""), -EBADMSG);
	assert_int_equal(show("{\"type\":\"other\"}"), -EBADMSG);
	assert_int_equal(show("{\"type\":\"gap\",\"x\":\"\x7f\"}"), -EBADMSG);
	assert_int_equal(show("{\"type\":\"gap\",\"x\":\"\xc2\x9b\"}"), -EBADMSG);
	assert_int_equal(show("{\"type\":\"gap\",\t\"x\":1}"), -EBADMSG);
	assert_int_equal(show("{\"type\":\"gap\",\"x\":\"\xff\"}"), -EBADMSG);
}

/* Every key a hostile string or of a wrong type: shown escaped, or not at all. */
static void test_hostile(void **state)
{
	static const char *const types[] = {"decision", "enrolment", "gap",
					    "grant",	"daemon",    "exec"};
	static const char *const values[] = {"\"\\u001b[31m\\u009b\\u0007\\n\\\\\"",
					     "7",
					     "null",
					     "[[1],\"\\u001b\"]",
					     "{}",
					     "-1e308"};
	static const char *const keys[] = {"time",	   "agent",	 "verdict",   "operation",
					   "object",	   "reason",	 "rule",      "grant",
					   "playbook",	   "ticket",	 "argv",      "by",
					   "seconds_left", "missing",	 "cpu",	      "event",
					   "detail",	   "generation", "parameters"};
	char line[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]) * 6; i++) {
		size_t at = (size_t)snprintf(line, sizeof(line), "{\"type\":\"%s\"", types[i / 6]);

		for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
			at += (size_t)snprintf(line + at, sizeof(line) - at, ",\"%s\":%s", keys[k],
					       values[i % 6]);
		(void)snprintf(line + at, sizeof(line) - at, "}");
		assert_int_equal(show(line), 0);
		for (const char *byte = shown; *byte; byte++)
			assert_true((unsigned char)*byte >= 0x20 && *byte != 0x7f);
	}
}

static void test_small_room(void **state)
{
	static const char line[] = "{\"type\":\"gap\",\"reason\":\"ring_full\",\"missing\":17}";

	(void)state;
	for (size_t size = 1; size < 64; size++) {
		memset(shown, '#', sizeof(shown));
		assert_int_equal(writ_show_line(line, strlen(line), shown, size), 0);
		assert_true(strlen(shown) < size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_expected),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_small_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
