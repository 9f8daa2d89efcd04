/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cli/audit_report.c and what it is made of: the lines of tests/unit/data/report.jsonl, rotated and
 * packed, as report_grant.txt, .json and .html and report_agent.txt show them; names that want to
 * be something else; what is missing; what goes over a bound; and who is not there.
 */
#include <errno.h>

#include "cli/audit_report.h"
#include "trail/pack.h"
#include "trail_helper.h"

#define DATA "tests/unit/data/"
#define BASE_US INT64_C(1795341600000000) /* 2026-11-22T10:00:00Z */
#define MADE_US (BASE_US + INT64_C(86400000000))

static const volatile bool never;
static struct writ_report_question question;

static int set_up(void **state)
{
	int err = trail_set_up(state);

	question = (struct writ_report_question){
		.log = trail_log,
		.since_us = INT64_MIN,
		.until_us = INT64_MAX,
	};
	return err;
}

static void ask_grant(uint64_t grant, const char *name)
{
	question.grant = grant;
	question.agent = NULL;
	question.name = name;
}

static void ask_agent(const char *agent)
{
	question.grant = 0;
	question.agent = question.name = agent;
}

/* All lines of the file; a new segment, packed, behind every @each. */
static void write_log(unsigned int each)
{
	_cleanup_fclose_ FILE *lines = fopen(DATA "report.jsonl", "re");
	struct writ_trail *trail = trail_open(NULL);
	_cleanup_free_ char *line = NULL;
	unsigned int n = 0, segment = 0;
	size_t size = 0;
	ssize_t len;

	assert_non_null(lines);
	while ((len = getline(&line, &size, lines)) > 0) {
		assert_int_equal(writ_trail_put(trail, line, (size_t)len), 0);
		if (!each || ++n % each)
			continue;
		writ_trail_rotate(trail);
		trail_settle(trail);
		assert_int_equal(writ_pack_segment(trail_log, segment++, true, &never), 0);
	}
	writ_trail_close(trail);
}

static struct writ_report *gather(void)
{
	struct writ_report *report = NULL;

	assert_int_equal(writ_report_gather(&question, &report), 0);
	report->question.log = "/var/log/writ/audit.jsonl";
	report->made_us = MADE_US;
	return report;
}

/* The same bytes as in the file; with WRIT_RENEW set, the file is written instead. */
static void assert_file(const char *path, const char *text, size_t len)
{
	_cleanup_free_ char *expected = NULL;
	size_t expected_len;

	if (getenv("WRIT_RENEW"))
		trail_write(path, text, len);
	expected = trail_read(path, &expected_len);
	assert_string_equal(text, expected);
	assert_int_equal(len, expected_len);
}

static char *as_text(const struct writ_report *report,
		     int (*form)(const struct writ_report *report, FILE *file))
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	assert_int_equal(form(report, file), 0);
	assert_int_equal(fclose(file), 0);
	return text;
}

static void assert_text(const struct writ_report *report, const char *path,
			int (*form)(const struct writ_report *report, FILE *file))
{
	_cleanup_free_ char *text = as_text(report, form);

	assert_file(path, text, strlen(text));
}

/* The log's first line is the writer's, of today. */
static struct writ_report *gather_old(void)
{
	struct writ_report *report = gather();

	assert_true(report->log_from_us > BASE_US);
	report->log_from_us = BASE_US;
	return report;
}

static void test_as_expected(void **state)
{
	_cleanup_(writ_report_freep) struct writ_report *report = NULL;
	_cleanup_free_ char *json_text = NULL;
	json_t *json;

	(void)state;
	write_log(7);
	ask_grant(17, "17");
	question.verify = true;
	report = gather_old();
	assert_text(report, DATA "report_grant.txt", writ_report_text);
	assert_text(report, DATA "report_grant.html", writ_report_html);
	json = writ_report_json(report);
	json_text = json_dumps(json, JSON_INDENT(1) | JSON_SORT_KEYS | JSON_ENSURE_ASCII);
	json_decref(json);
	assert_non_null(json_text);
	assert_file(DATA "report_grant.json", json_text, strlen(json_text));
}

static void test_agent(void **state)
{
	_cleanup_(writ_report_freep) struct writ_report *report = NULL;

	(void)state;
	write_log(0);
	ask_agent("web");
	report = gather_old();
	assert_text(report, DATA "report_agent.txt", writ_report_text);
	assert_int_equal(report->n_grants, 1);
	assert_int_equal(report->missing, 4 + 12 - 2 + 9);
}

/* However the log lies on the disk, the answer is the same. */
static void test_packed_and_plain(void **state)
{
	_cleanup_(writ_report_freep) struct writ_report *packed = NULL, *plain = NULL;
	_cleanup_free_ char *first = NULL, *second = NULL;

	ask_agent("web");
	write_log(3);
	packed = gather_old();
	first = as_text(packed, writ_report_text);
	assert_int_equal(trail_tear_down(state), 0);
	assert_int_equal(set_up(state), 0);
	ask_agent("web");
	write_log(0);
	plain = gather_old();
	second = as_text(plain, writ_report_text);
	assert_string_equal(first, second);
}

static void test_span(void **state)
{
	_cleanup_(writ_report_freep) struct writ_report *report = NULL, *none = NULL;

	(void)state;
	write_log(5);
	ask_agent("web");
	question.since_us = BASE_US + 500000000;
	report = gather();
	assert_int_equal(report->n_grants, 0);
	assert_int_equal(report->missing, 9);
	assert_int_equal(report->sections[WRIT_REPORT_READ].decisions, 1);
	question.since_us = BASE_US + 600000000;
	assert_int_equal(writ_report_gather(&question, &none), -ENODATA);
	assert_null(none);
}

static void test_nobody(void **state)
{
	struct writ_report *report = NULL;

	(void)state;
	ask_grant(17, "17");
	assert_int_equal(writ_report_gather(&question, &report), -ENOENT);
	write_log(5);
	ask_grant(1, "1"); /* and not 17, which begins alike */
	assert_int_equal(writ_report_gather(&question, &report), -ENODATA);
	ask_agent("we");
	assert_int_equal(writ_report_gather(&question, &report), -ENODATA);
}

/* Nothing of the log is markup, or moves a cursor, or turns the text round. */
static void test_hostile(void **state)
{
	_cleanup_(writ_report_freep) struct writ_report *report = NULL;
	_cleanup_free_ char *html = NULL, *text = NULL;

	(void)state;
	write_log(0);
	ask_grant(17, "17");
	report = gather();
	html = as_text(report, writ_report_html);
	text = as_text(report, writ_report_text);
	assert_null(strstr(html, "<script"));
	assert_null(strstr(html, "<img"));
	assert_null(strstr(html, "</td>long"));
	assert_non_null(strstr(html, "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;"
				     "amp;"));
	assert_null(strstr(html, "http://"));
	assert_null(strstr(html, "https://"));
	assert_null(strstr(html, "url("));
	assert_null(strstr(html, "\xe2\x80\xae"));
	assert_null(strstr(text, "\xe2\x80\xae"));
	assert_null(strstr(text, "\xe2\x81\xa6"));
	assert_non_null(strstr(text, "/srv/\\xe2\\x80\\xaegpj.exe\\xe2\\x81\\xa6 caf\xc3\xa9 "));
	for (const char *at = text; *at; at++)
		assert_true(*at == '\n' || (unsigned char)*at >= 0x20);
}

static void put_line(struct writ_trail *trail, unsigned int i, const char *grant, const char *what)
{
	char line[1024];
	int len = snprintf(line, sizeof(line),
			   "{\"time\":\"2026-11-22T10:%02u:%02u.%06uZ\",\"type\":\"decision\","
			   "\"agent\":\"a\",\"operation\":\"open\",\"access\":[\"read\"],"
			   "\"object\":\"/o/%u\",\"verdict\":\"allow\",\"reason\":\"x\"%s%s}\n",
			   i / 600 % 60, i / 10 % 60, i % 10, i, grant, what);

	assert_int_equal(writ_trail_put(trail, line, (size_t)len), 0);
	if (!(i % 1000))
		trail_settle(trail);
}

static void put_too_many(struct writ_trail *trail)
{
	for (unsigned int i = 0; i < 3 * WRIT_REPORT_ENTRIES_MAX; i++) {
		char grant[32];

		(void)snprintf(grant, sizeof(grant), ",\"grant\":%u", i + 1);
		put_line(trail, i, grant, "");
	}
	for (unsigned int i = 0; i < WRIT_REPORT_GAPS_MAX + 1; i++) {
		static const char gap[] = "{\"time\":\"2026-11-22T11:00:00.000000Z\",\"type\":"
					  "\"gap\",\"reason\":\"ring_full\",\"missing\":2}\n";

		assert_int_equal(writ_trail_put(trail, gap, sizeof(gap) - 1), 0);
	}
}

/* One more than there is room for is counted, and said. */
static void test_bounds(void **state)
{
	_cleanup_(writ_report_freep) struct writ_report *report = NULL;
	struct writ_trail *trail = trail_open(NULL);
	_cleanup_free_ char *text = NULL, *html = NULL;
	const struct writ_report_list *list;

	(void)state;
	put_too_many(trail);
	writ_trail_close(trail);
	ask_agent("a");
	report = gather();
	list = &report->sections[WRIT_REPORT_READ];
	assert_int_equal(list->n, WRIT_REPORT_ENTRIES_MAX);
	assert_int_equal(list->decisions, 3 * WRIT_REPORT_ENTRIES_MAX);
	assert_int_equal(list->more, 2 * WRIT_REPORT_ENTRIES_MAX);
	assert_int_equal(report->n_grants, WRIT_REPORT_GRANTS_MAX);
	assert_int_equal(report->more_grants, 2 * WRIT_REPORT_GRANTS_MAX);
	assert_int_equal(report->n_gaps, WRIT_REPORT_GAPS_MAX);
	assert_int_equal(report->more_gaps, 1);
	assert_int_equal(report->missing, 2 * (WRIT_REPORT_GAPS_MAX + 1));
	assert_int_equal(report->n_runs + report->n_late + report->more_runs,
			 3 * WRIT_REPORT_ENTRIES_MAX + WRIT_REPORT_GAPS_MAX + 1);
	text = as_text(report, writ_report_text);
	html = as_text(report, writ_report_html);
	assert_non_null(strstr(text, "and 2000 more decisions on others than these 1000"));
	assert_non_null(strstr(html, "and 2000 more decisions on others than these 1000"));
	assert_non_null(strstr(text, "and 2000 more lines of grants"));
	assert_non_null(strstr(text, "and 1 more gaps"));
	assert_non_null(strstr(text, "2002 RECORDS ARE MISSING"));
	assert_non_null(strstr(text, "more here"));
}

static void test_text_bound(void **state)
{
	_cleanup_(writ_report_freep) struct writ_report *report = NULL;
	struct writ_trail *trail = trail_open(NULL);
	_cleanup_free_ char *name = malloc(60000), *line = malloc(61000);
	unsigned int n = 2 * WRIT_REPORT_TEXT_MAX / 60000;

	(void)state;
	assert_true(name && line);
	memset(name, 'n', 59999);
	name[59999] = '\0';
	for (unsigned int i = 0; i < n; i++) {
		int len = snprintf(line, 61000,
				   "{\"time\":\"2026-11-22T10:00:00.000000Z\",\"type\":"
				   "\"decision\",\"agent\":\"a\",\"operation\":\"open\",\"access\":"
				   "[\"read\"],\"object\":\"/%u%s\",\"verdict\":\"allow\"}\n",
				   i, name);

		assert_int_equal(writ_trail_put(trail, line, (size_t)len), 0);
		if (!(i % 16))
			trail_settle(trail);
	}
	writ_trail_close(trail);
	ask_agent("a");
	report = gather();
	assert_true(report->text <= WRIT_REPORT_TEXT_MAX);
	assert_true(report->sections[WRIT_REPORT_READ].n < n);
	assert_int_equal(
		report->sections[WRIT_REPORT_READ].n + report->sections[WRIT_REPORT_READ].more, n);
}

static enum writ_report_state complete(const struct writ_report *report, const char *says)
{
	char text[5120];
	enum writ_report_state state = writ_report_complete(report, text, sizeof(text));

	if (!strstr(text, says))
		fail_msg("'%s' is not in '%s'", says, text);
	return state;
}

/* A line that was changed, a segment that can't be read, segments that were removed. */
static void test_broken(void **state)
{
	_cleanup_(writ_report_freep) struct writ_report *changed = NULL, *cut = NULL, *gone = NULL;
	_cleanup_free_ char *bytes = NULL;
	char path[WRIT_SEGMENT_PATH_SIZE];
	struct writ_trail *trail;
	size_t len;

	(void)state;
	write_log(10);
	ask_grant(17, "17");
	question.verify = true;
	bytes = trail_read(trail_log, &len);
	*strstr(bytes, "\"missing\":9") = ' ';
	trail_write(trail_log, bytes, len);
	changed = gather();
	assert_int_equal(complete(changed, "NOT WHAT WAS WRITTEN"), WRIT_REPORT_BROKEN);
	question.verify = false;
	assert_int_equal(writ_segment_path(trail_log, 1, true, path), 0);
	assert_int_equal(truncate(path, 100), 0);
	cut = gather();
	assert_int_equal(complete(cut, "1 SEGMENTS CAN'T BE READ"), WRIT_REPORT_BROKEN);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(writ_prune(trail_log, 1), 0);
	*strstr(bytes, " missing\":9") = '"';
	trail_write(trail_log, bytes, len);
	trail = trail_open(NULL);
	assert_int_equal(writ_trail_put_removed(trail, 1), 0);
	writ_trail_close(trail);
	ask_agent("web");
	gone = gather();
	assert_int_equal(complete(gone, "WERE REMOVED from the log"), WRIT_REPORT_MISSING);
}

static void test_whole(void **state)
{
	_cleanup_(writ_report_freep) struct writ_report *agent = NULL, *grant = NULL, *part = NULL;
	struct writ_trail *trail = trail_open(NULL);

	(void)state;
	put_line(trail, 1, ",\"grant\":3", "");
	writ_trail_close(trail);
	ask_agent("a");
	question.verify = true;
	agent = gather();
	assert_int_equal(complete(agent, "NOTHING IS MISSING"), WRIT_REPORT_WHOLE);
	assert_int_equal(agent->grants[0].issued_us, INT64_MIN);
	assert_int_equal(agent->grants[0].allowed, 1);
	ask_grant(3, "3");
	grant = gather();
	assert_int_equal(complete(grant, "LINE THAT ISSUED THE GRANT IS NOT THERE"),
			 WRIT_REPORT_MISSING);
	question.since_us = 0; /* it may be older than what was asked for */
	part = gather();
	assert_int_equal(complete(part, "NOTHING IS MISSING"), WRIT_REPORT_WHOLE);
}

/* Writ was off: what was done then, no record tells. */
static void test_not_in_force(void **state)
{
	static const char *const events[] = {"unloaded", "pin_lost", "unattached", "started"};
	_cleanup_(writ_report_freep) struct writ_report *report = NULL;
	struct writ_trail *trail = trail_open(NULL);

	(void)state;
	put_line(trail, 1, ",\"grant\":3", "");
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		char line[256];
		int len = snprintf(line, sizeof(line),
				   "{\"time\":\"2026-11-22T10:00:01.000000Z\",\"type\":\"daemon\","
				   "\"event\":\"%s\"}\n",
				   events[i]);

		assert_int_equal(writ_trail_put(trail, line, (size_t)len), 0);
	}
	writ_trail_close(trail);
	ask_agent("a");
	report = gather();
	assert_int_equal(report->stops, 3);
	assert_int_equal(complete(report, "WRIT WAS NOT IN FORCE for a time (3 times"),
			 WRIT_REPORT_MISSING);
}

/* Records that are no JSON, have a member twice, or end early are counted as bad. */
static void test_bad_lines(void **state)
{
	static const char *const bad[] = {",\"grant\":3,\"grant\":4", ",\"grant\":3,\"x\":[1",
					  ",\"grant\":3,\"x\"", ",\"grant\":3,\"x\":\"",
					  ",\"grant\":3,\"x\":"};
	_cleanup_(writ_report_freep) struct writ_report *report = NULL;
	struct writ_trail *trail = trail_open(NULL);

	(void)state;
	put_line(trail, 1, ",\"grant\":3", "");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		put_line(trail, 2, bad[i], "");
	writ_trail_close(trail);
	ask_grant(3, "3");
	report = gather();
	assert_int_equal(report->bad, 5);
	assert_int_equal(complete(report, "5 LINES ARE NONE OF WRIT'S"), WRIT_REPORT_BROKEN);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, trail_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_as_expected), CASE(test_agent),      CASE(test_packed_and_plain),
		CASE(test_span),	CASE(test_nobody),     CASE(test_hostile),
		CASE(test_bounds),	CASE(test_text_bound), CASE(test_broken),
		CASE(test_whole),	CASE(test_bad_lines),  CASE(test_not_in_force),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
