/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cli/audit_export.c, audit_csv.c, and the command line of audit_report.c: what the verbs print for
 * the lines of tests/unit/data/report.jsonl, and what they refuse.
 */
#include "trail_helper.h"
#include "verb_helper.h"

static void put_file(void)
{
	_cleanup_fclose_ FILE *lines = fopen("tests/unit/data/report.jsonl", "re");
	struct writ_trail *trail = trail_open(NULL);
	_cleanup_free_ char *line = NULL;
	size_t size = 0;
	ssize_t len;

	assert_non_null(lines);
	while ((len = getline(&line, &size, lines)) > 0)
		assert_int_equal(writ_trail_put(trail, line, (size_t)len), 0);
	writ_trail_close(trail);
}

static void put_line(const char *line)
{
	struct writ_trail *trail = trail_open(NULL);

	assert_int_equal(writ_trail_put(trail, line, strlen(line)), 0);
	writ_trail_close(trail);
}

static void test_native(void **state)
{
	_cleanup_free_ char *log = NULL;
	size_t len;

	(void)state;
	put_file();
	log = trail_read(trail_log, &len);
	assert_int_equal(CALL(audit, "export", "--file", trail_log), 0);
	assert_string_equal(output, log);
	assert_int_equal(
		CALL(audit, "export", "--type", "gap", "--limit", "2", "--file", trail_log), 0);
	assert_int_equal(strncmp(output, "{\"time\":\"2026-11-22T10:00:07.000000Z\"", 37), 0);
	assert_int_equal(strlen(output) - trail_line(output, 2), trail_line(output, 2) + 1);
}

static void test_csv(void **state)
{
	(void)state;
	put_file();
	assert_int_equal(CALL(audit, "export", "--format", "csv", "--operation", "exec", "--file",
			      trail_log),
			 0);
	assert_int_equal(strncmp(output, "time,type,event,sequence,cpu,agent,", 35), 0);
	assert_non_null(strstr(output, "\r\n\"2026-11-22T10:01:01.000000Z\",\"decision\",,\""));
	assert_non_null(strstr(output, ",\"openssl req -new -subj /CN=\"\"<img src=x "
				       "onerror=alert(1)>\"\" ''\","));
	assert_int_equal(
		CALL(audit, "export", "--format", "csv", "--type", "gap", "--file", trail_log), 0);
	assert_non_null(strstr(output, ",\"-2\",")); /* a number is no formula */
}

/* What would be a formula, and what is no line. */
static void test_csv_hostile(void **state)
{
	(void)state;
	put_line("{\"time\":\"2026-11-22T10:00:00.000000Z\",\"type\":\"decision\",\"object\":"
		 "\"=HYPERLINK(\\\"x\\\")\",\"argv\":[\"+1\",\"@a\"],\"reason\":\"a\\r\\nb\"}\n");
	assert_int_equal(
		CALL(audit, "export", "--format", "csv", "--type", "decision", "--file", trail_log),
		0);
	assert_non_null(strstr(output, ",\"'=HYPERLINK(\"\"x\"\")\","));
	assert_non_null(strstr(output, ",\"'+1 @a\","));
	assert_non_null(strstr(output, ",\"a\\x0d\\x0ab\","));
	put_line("{\"time\":\"2026-11-22T10:00:00.000000Z\",\"type\":\"decision\",\"object\"}\n");
	assert_int_equal(
		CALL(audit, "export", "--format", "csv", "--type", "decision", "--file", trail_log),
		1);
	assert_non_null(strstr(errors, "1 lines are none of Writ's"));
}

static void test_report(void **state)
{
	json_t *json;

	(void)state;
	put_file();
	assert_int_equal(CALL(audit, "report", "17", "--file", trail_log), 0);
	assert_non_null(strstr(output, "GRANT 17  rotate-certificate"));
	assert_non_null(strstr(output, "not verified (give --verify)"));
	assert_int_equal(CALL(audit, "report", "web", "--json", "--verify", "--file", trail_log),
			 0);
	json = parse();
	assert_string_equal(string(json, "state"), "missing");
	assert_true(json_is_true(json_object_get(json, "verified")));
	json_decref(json);
	assert_int_equal(CALL(audit, "report", "17", "--html", "--file", trail_log), 0);
	assert_int_equal(strncmp(output, "<!DOCTYPE html>", 15), 0);
}

static void test_report_finds_nothing(void **state)
{
	(void)state;
	put_file();
	assert_int_equal(CALL(audit, "report", "1", "--file", trail_log), 1);
	assert_non_null(strstr(errors, "is about grant 1;"));
	assert_string_equal(output, "");
	assert_int_equal(CALL(audit, "report", "nobody", "--html", "--file", trail_log), 1);
	assert_non_null(strstr(errors, "is about agent nobody;"));
	assert_string_equal(output, "");
	assert_int_equal(CALL(audit, "report", "1", "--file", "/nonexistent/audit.jsonl"), 1);
	assert_non_null(strstr(errors, "there is no /nonexistent/audit.jsonl"));
}

/* A log that is not what was written is reported of, and the exit code says so. */
static void test_report_of_changed(void **state)
{
	_cleanup_free_ char *log = NULL;
	size_t len;

	(void)state;
	put_file();
	log = trail_read(trail_log, &len);
	*strstr(log, "/srv/www") = '_';
	trail_write(trail_log, log, len);
	assert_int_equal(CALL(audit, "report", "17", "--file", trail_log), 0);
	assert_int_equal(CALL(audit, "report", "17", "--verify", "--file", trail_log), 1);
	assert_non_null(strstr(output, "DOES NOT VERIFY: audit.jsonl:"));
	assert_non_null(strstr(errors, "NOT WHAT WAS WRITTEN"));
}

static void test_usage(void **state)
{
	(void)state;
	assert_int_equal(CALL(audit, "report"), 2);
	assert_int_equal(CALL(audit, "report", "1", "2"), 2);
	assert_int_equal(CALL(audit, "report", "0"), 2);
	assert_int_equal(CALL(audit, "report", "18446744073709551616"), 2);
	assert_int_equal(CALL(audit, "report", "a\"b"), 2);
	assert_int_equal(CALL(audit, "report", "1", "--json", "--html"), 2);
	assert_int_equal(CALL(audit, "report", "1", "--since", "yore"), 2);
	assert_int_equal(CALL(audit, "report", "1", "--key", "x"), 2);
	assert_int_equal(CALL(audit, "report", "1", "--verify", "--key", "x"), 2);
	assert_int_equal(CALL(audit, "export", "--format", "cvs"), 2);
	assert_non_null(strstr(errors, "write csv"));
	assert_int_equal(CALL(audit, "export", "--grant", "x"), 2);
	assert_int_equal(CALL(audit, "export", "1"), 2);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, trail_set_up, trail_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_native),
		CASE(test_csv),
		CASE(test_csv_hostile),
		CASE(test_report),
		CASE(test_report_finds_nothing),
		CASE(test_report_of_changed),
		CASE(test_usage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
