/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit/stream.c: records in, the log file out; every record is a line, or counted in a gap line,
 * also while the disk fails.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>
#include <jansson.h>

#include "audit/stream.h"
#include "lib/cleanup.h"

static char directory[64];
static char path[128];

static int set_up(void **state)
{
	(void)state;
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)strcpy(directory, "/tmp/writ-stream-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/audit.jsonl", directory);
	return 0;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", directory);
	return system(command);
}

static const struct writ_agent *find_agent(void *context, uint32_t agent)
{
	(void)context;
	(void)agent;
	return NULL;
}

static const struct writ_resolver resolver = {.agent = find_agent};

static struct writ_stream *open_stream(void)
{
	struct writ_stream *stream = NULL;

	assert_int_equal(writ_stream_open(path, &resolver, NULL, &stream), 0);
	return stream;
}

static void record_of(struct writ_stream *stream, uint64_t sequence, uint64_t lost, uint16_t type,
		      uint32_t agent)
{
	struct writ_event event = {
		.version = WRIT_EVENT_VERSION,
		.type = type,
		.len = sizeof(event),
		.sequence = sequence,
		.lost = lost,
		.boot_ns = 1,
		.agent = agent,
	};

	assert_int_equal(writ_stream_record(stream, &event, sizeof(event)), 0);
}

static void record(struct writ_stream *stream, uint64_t sequence, uint64_t lost)
{
	record_of(stream, sequence, lost, WRIT_EVENT_DECISION, 7);
}

struct tally {
	int64_t lines, decisions, missing;
	int64_t gaps[WRIT_GAP_COUNT];
};

static void count(struct tally *tally, const char *line)
{
	static const char *const words[] = {
#define X(name, word) word,
		WRIT_GAP_LIST(X)
#undef X
	};
	json_t *json = json_loads(line, 0, NULL);
	const char *reason = NULL;

	assert_non_null(json);
	tally->lines++;
	if (!strcmp(json_string_value(json_object_get(json, "type")), "gap")) {
		reason = json_string_value(json_object_get(json, "reason"));
		tally->missing += json_integer_value(json_object_get(json, "missing"));
		for (int i = 0; i < WRIT_GAP_COUNT; i++)
			tally->gaps[i] += !strcmp(reason, words[i]);
	}
	if (!strcmp(json_string_value(json_object_get(json, "type")), "decision"))
		tally->decisions++;
	json_decref(json);
}

static struct tally read_log(void)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	_cleanup_free_ char *line = NULL;
	struct tally tally = {0};
	size_t size = 0;

	assert_non_null(file);
	while (getline(&line, &size, file) > 0)
		count(&tally, line);
	return tally;
}

static void limit_size(rlim_t size)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void test_loss_in_the_ring(void **state)
{
	struct writ_stream *stream = open_stream();
	struct writ_stream_totals totals;
	struct tally tally;

	(void)state;
	record(stream, 1, 0);
	record(stream, 5, 3);
	writ_stream_poll(stream, 0, 10, 2);
	writ_stream_totals(stream, &totals);
	writ_stream_close(stream);
	assert_int_equal(totals.written, 2);
	assert_int_equal(totals.missing, 10);
	tally = read_log();
	assert_int_equal(tally.decisions, 2);
	assert_int_equal(tally.missing, 10);
	assert_int_equal(tally.gaps[WRIT_GAP_RING_FULL], 2);
}

static void test_bad_unknown_and_canary(void **state)
{
	struct writ_stream *stream = open_stream();
	struct writ_stream_totals totals;
	struct tally tally;

	(void)state;
	assert_int_equal(writ_stream_record(stream, "short", 5), 0);
	record_of(stream, 1, 0, 999, 7);
	record_of(stream, 2, 0, WRIT_EVENT_DECISION, WRIT_AGENT_CANARY);
	record(stream, 3, 0);
	writ_stream_totals(stream, &totals);
	writ_stream_close(stream);
	assert_int_equal(totals.bad, 1);
	assert_int_equal(totals.records, 3);
	assert_int_equal(totals.skipped, 1);
	assert_int_equal(totals.canaries, 1);
	assert_int_equal(totals.written, 1);
	tally = read_log();
	assert_int_equal(tally.lines, 3);
	assert_int_equal(tally.gaps[WRIT_GAP_BAD_RECORD], 1);
	assert_int_equal(tally.gaps[WRIT_GAP_UNKNOWN_TYPE], 1);
	assert_int_equal(tally.missing, 1);
}

/* The disk fails for so long that the buffer fills: lines + missing = records, in the log itself.
 */
static void test_full_disk(void **state)
{
	struct writ_stream *stream = open_stream();
	struct writ_stream_totals totals;
	const int64_t n = 2 * WRIT_FILE_BUFFER_SIZE / 256;
	struct tally tally;

	(void)state;
	limit_size(1000);
	for (int64_t i = 1; i <= n; i++)
		record(stream, (uint64_t)i + (i == n ? 5 : 0), i == n ? 5 : 0);
	assert_true(writ_stream_commit(stream) < 0);
	limit_size(RLIM_INFINITY);
	assert_int_equal(writ_stream_commit(stream), 0);
	record(stream, (uint64_t)n + 6, 5);
	writ_stream_totals(stream, &totals);
	writ_stream_close(stream);
	assert_true(totals.dropped > 0);
	assert_int_equal(totals.written + totals.dropped, n + 1);
	tally = read_log();
	assert_int_equal(tally.decisions, totals.written);
	assert_int_equal(tally.missing, totals.dropped + 5);
	assert_int_equal(tally.decisions + tally.missing, n + 6);
	assert_int_equal(tally.gaps[WRIT_GAP_WRITE_FAILED], 1);
	assert_int_equal(tally.gaps[WRIT_GAP_RING_FULL], 1);
}

static void test_cut_line(void **state)
{
	FILE *file = fopen(path, "we");
	struct writ_stream *stream = NULL;
	_cleanup_free_ char *line = NULL;
	size_t size = 0;

	(void)state;
	assert_non_null(file);
	assert_true(fputs("{\"type\":\"deci", file) > 0);
	(void)fclose(file);
	stream = open_stream();
	writ_stream_daemon(stream, WRIT_DAEMON_EVENT_STARTED, 1, NULL);
	writ_stream_close(stream);
	file = fopen(path, "re");
	assert_non_null(file);
	assert_true(getline(&line, &size, file) > 0);
	assert_string_equal(line, "{\"type\":\"deci\n");
	assert_true(getline(&line, &size, file) > 0);
	assert_non_null(
		strstr(line, "\"type\":\"gap\",\"reason\":\"truncated_line\",\"missing\":1}"));
	assert_true(getline(&line, &size, file) > 0);
	assert_non_null(strstr(line, "\"type\":\"daemon\",\"event\":\"started\""));
	(void)fclose(file);
}

static void test_grant_line(void **state)
{
	static const struct writ_grant_info info = {.id = 3, .playbook = "p"};
	struct writ_stream *stream = open_stream();

	(void)state;
	writ_stream_grant(stream, WRIT_GRANT_EVENT_EXPIRED, &info, NULL);
	writ_stream_close(stream);
	assert_int_equal(read_log().lines, 1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_loss_in_the_ring), TEST(test_bad_unknown_and_canary),
		TEST(test_full_disk),	     TEST(test_cut_line),
		TEST(test_grant_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
