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
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "audit/stream.h"
#include "lib/cleanup.h"
#include "lib/time.h"

static char directory[64];
static char path[128], key[128];
static struct writ_accounts *kept; /* shared with children, as the map is with processes */

static int set_up(void **state)
{
	(void)state;
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)strcpy(directory, "/tmp/writ-stream-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/audit.jsonl", directory);
	(void)snprintf(key, sizeof(key), "%s/audit.key", directory);
	kept = mmap(NULL, sizeof(*kept), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return kept == MAP_FAILED;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	(void)munmap(kept, sizeof(*kept));
	(void)snprintf(command, sizeof(command), "rm -rf %s", directory);
	return system(command);
}

static const struct writ_agent *find_agent(void *context, uint32_t agent)
{
	(void)context;
	(void)agent;
	return NULL;
}

static uint64_t told; /* the last exec that the resolver heard of */

static void hear_of(void *context, const struct writ_record *record)
{
	(void)context;
	told = record->event.exec;
}

static const struct writ_resolver resolver = {.agent = find_agent, .executed = hear_of};

static struct writ_stream *open_with(struct writ_accounts *accounts)
{
	const struct writ_trail_settings settings = {
		.log = path,
		.key = key,
		.checkpoint_ns = UINT64_MAX,
		.rotate_bytes = UINT64_MAX,
		.rotate_ns = UINT64_MAX,
	};
	struct writ_stream *stream = NULL;

	assert_int_equal(writ_stream_open(&settings, &resolver, accounts, &stream), 0);
	return stream;
}

static struct writ_stream *open_stream(void)
{
	return open_with(NULL);
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
		.exec = sequence,
	};

	assert_int_equal(writ_stream_record(stream, &event, sizeof(event)), 0);
}

static void record(struct writ_stream *stream, uint64_t sequence, uint64_t lost)
{
	record_of(stream, sequence, lost, WRIT_EVENT_DECISION, 7);
}

/* What the core did. */
static void step(struct writ_stream *stream, uint64_t sequence, uint16_t type, uint8_t event,
		 size_t size)
{
	struct writ_note note = {.event = {
					 .version = WRIT_EVENT_VERSION,
					 .type = type,
					 .operation = event,
					 .len = (uint32_t)(sizeof(note.event) + size),
					 .object_len = (uint32_t)size,
					 .sequence = sequence,
				 }};

	assert_int_equal(writ_stream_record(stream, &note, note.event.len), 0);
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
	const char *reason = NULL, *type;

	assert_non_null(json);
	type = json_string_value(json_object_get(json, "type"));
	/* the trail's own */
	tally->lines += strcmp(type, "segment") && strcmp(type, "checkpoint") &&
			strcmp(type, "log");
	if (!strcmp(type, "gap")) {
		reason = json_string_value(json_object_get(json, "reason"));
		tally->missing += json_integer_value(json_object_get(json, "missing"));
		for (int i = 0; i < WRIT_GAP_COUNT; i++)
			tally->gaps[i] += !strcmp(reason, words[i]);
	}
	tally->decisions += !strcmp(type, "decision");
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
	const int64_t n = 2 * WRIT_TRAIL_BUFFER_SIZE / 256;
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
	/* a gap line may find room where no record's does, once */
	assert_in_range(tally.gaps[WRIT_GAP_WRITE_FAILED], 1, 2);
	assert_int_equal(tally.gaps[WRIT_GAP_RING_FULL], 1);
}

/* A writer that is gone with records 6 to 8 and a gap written, and not accounted for. */
static void leave(struct writ_accounts *accounts, bool rotate)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		struct writ_stream *stream = open_with(accounts);

		for (uint64_t i = 1; i <= 5; i++)
			record(stream, i, 0);
		assert_int_equal(writ_stream_commit(stream), 0);
		record(stream, 6, 0);
		record(stream, 10, 3); /* three are missing */
		record(stream, 11, 3);
		if (rotate)
			writ_trail_rotate(writ_stream_trail(stream));
		for (int i = 0; i < 20; i++) {
			(void)writ_trail_commit(writ_stream_trail(stream), writ_time_boot());
			(void)usleep(1000);
		}
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* Its records come once more, for the ring still has them. */
static void come_again(struct writ_stream *stream)
{
	record(stream, 6, 0);
	record(stream, 10, 3);
	record(stream, 11, 3);
	record(stream, 12, 3);
	record(stream, 15, 5);
}

static void test_no_line_twice(void **state)
{
	struct writ_stream *stream;
	struct tally tally;

	(void)state;
	leave(kept, false);
	stream = open_with(kept);
	come_again(stream);
	writ_stream_close(stream);
	tally = read_log();
	assert_int_equal(tally.decisions, 5 + 3 + 2);
	assert_int_equal(tally.missing, 3 + 2);
	assert_int_equal(tally.gaps[WRIT_GAP_RING_FULL], 2);
	assert_int_equal(tally.decisions + tally.missing, 15);
}

/* One more is killed before a record has come: what it found is not accounted for by that. */
static void test_no_line_twice_after_two_kills(void **state)
{
	struct tally tally;

	(void)state;
	leave(kept, false);
	for (int i = 0; i < 2; i++) {
		struct writ_stream *stream = open_with(kept);

		assert_int_equal(writ_stream_commit(stream), 0);
		if (i)
			come_again(stream);
		writ_stream_close(stream);
	}
	tally = read_log();
	assert_int_equal(tally.decisions, 5 + 3 + 2);
	assert_int_equal(tally.missing, 3 + 2);
}

/* The segment was closed in between, and the lines are in the one before. */
static void test_no_line_twice_over_segments(void **state)
{
	char closed[WRIT_SEGMENT_PATH_SIZE];
	struct writ_stream *stream;
	struct tally tally;

	(void)state;
	leave(kept, true);
	stream = open_with(kept);
	come_again(stream);
	writ_stream_close(stream);
	tally = read_log();
	assert_int_equal(tally.decisions, 2);
	assert_int_equal(tally.missing, 2);
	assert_int_equal(writ_segment_path(path, 0, false, closed), 0);
	(void)snprintf(path, sizeof(path), "%.127s", closed);
	tally = read_log();
	assert_int_equal(tally.decisions, 5 + 3);
	assert_int_equal(tally.missing, 3);
}

static size_t count_execs(void)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	_cleanup_free_ char *line = NULL;
	size_t size = 0, n = 0;

	assert_non_null(file);
	while (getline(&line, &size, file) > 0)
		n += strstr(line, "\"type\":\"exec\"") != NULL;
	return n;
}

/* Only the record of an exec says what was executed; also one whose line a killed writer wrote. */
static void test_execs_are_told(void **state)
{
	struct writ_stream *stream;
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	if (!pid) {
		stream = open_with(kept);
		(void)writ_stream_commit(stream); /* as the ring does, before the first record */
		record_of(stream, 1, 0, WRIT_EVENT_EXEC, 7);
		(void)writ_trail_commit(writ_stream_trail(stream), writ_time_boot());
		_exit(told != 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(count_execs(), 1);
	assert_int_equal(told, 0);
	stream = open_with(kept);
	record_of(stream, 1, 0, WRIT_EVENT_EXEC, 7);
	assert_int_equal(told, 1);
	record(stream, 2, 0);
	record_of(stream, 3, 0, WRIT_EVENT_ENROL, 7);
	assert_int_equal(told, 1);
	record_of(stream, 4, 0, WRIT_EVENT_EXEC, 7);
	assert_int_equal(told, 4);
	writ_stream_close(stream);
	assert_int_equal(count_execs(), 2);
}

/* Nothing is known of an earlier writer: its numbers were others. */
static void test_after_a_boot(void **state)
{
	struct writ_stream *stream;
	struct tally tally;

	(void)state;
	leave(NULL, false);
	stream = open_with(kept);
	come_again(stream);
	writ_stream_close(stream);
	tally = read_log();
	assert_int_equal(tally.decisions, 8 + 5);
}

static void cut_last_line(size_t bytes)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(truncate(path, status.st_size - (off_t)bytes), 0);
}

/* A cut line is a gap, unless its record comes again. */
static void test_cut_line(void **state)
{
	struct writ_stream *stream;

	(void)state;
	leave(NULL, false);
	cut_last_line(7);
	stream = open_stream();
	writ_stream_close(stream);
	assert_int_equal(read_log().gaps[WRIT_GAP_TRUNCATED_LINE], 1);
	assert_int_equal(read_log().decisions, 7);
}

static void test_cut_line_comes_again(void **state)
{
	struct writ_stream *stream;
	struct tally tally;

	(void)state;
	leave(kept, false);
	cut_last_line(7);
	stream = open_with(kept);
	come_again(stream);
	writ_stream_close(stream);
	tally = read_log();
	assert_int_equal(tally.gaps[WRIT_GAP_TRUNCATED_LINE], 0);
	assert_int_equal(tally.decisions + tally.missing, 15);
}

/* They are numbered with the hooks' records; one that this build does not know is a gap. */
static void test_steps(void **state)
{
	struct writ_stream *stream = open_stream();
	struct writ_stream_totals totals;

	(void)state;
	step(stream, 1, WRIT_EVENT_GRANT, WRIT_GRANT_EVENT_EXPIRED, sizeof(struct writ_note_grant));
	record(stream, 2, 0);
	step(stream, 3, WRIT_EVENT_PROPOSAL, WRIT_PROPOSAL_EVENT_GONE,
	     sizeof(struct writ_note_proposal));
	step(stream, 4, WRIT_EVENT_GRANT, WRIT_GRANT_EVENT_EXPIRED, 8);
	writ_stream_totals(stream, &totals);
	writ_stream_close(stream);
	assert_int_equal(totals.records, 4);
	assert_int_equal(totals.written, 3);
	assert_int_equal(totals.skipped, 1);
	assert_int_equal(read_log().lines, 4);
	assert_int_equal(read_log().gaps[WRIT_GAP_UNKNOWN_TYPE], 1);
}

/* A decision of these words. */
static void decide(struct writ_stream *stream, uint64_t sequence, uint8_t verdict,
		   uint8_t operation, uint8_t reason)
{
	struct writ_event event = {
		.version = WRIT_EVENT_VERSION,
		.type = WRIT_EVENT_DECISION,
		.len = sizeof(event),
		.sequence = sequence,
		.agent = 7,
		.verdict = verdict,
		.operation = operation,
		.reason = reason,
	};

	assert_int_equal(writ_stream_record(stream, &event, sizeof(event)), 0);
}

static uint64_t counted(struct writ_stream *stream, uint32_t verdict, uint32_t operation,
			uint32_t reason)
{
	return writ_stream_counts(stream)
		->decisions[writ_audit_decision(verdict, operation, reason)];
}

/* Each line of a decision by its words; what is no decision, or no line, is none. */
static void test_counts_lines(void **state)
{
	struct writ_stream *stream = open_stream();
	const struct writ_counts *counts = writ_stream_counts(stream);

	(void)state;
	decide(stream, 1, WRIT_VERDICT_ALLOW, WRIT_OP_OPEN, WRIT_REASON_ROLE);
	decide(stream, 2, WRIT_VERDICT_DENY, WRIT_OP_EXEC, WRIT_REASON_NO_RULE);
	decide(stream, 3, WRIT_VERDICT_DENY, WRIT_OP_EXEC, WRIT_REASON_NO_RULE);
	decide(stream, 4, 200, 201, 202); /* of a newer build */
	record_of(stream, 5, 0, WRIT_EVENT_ENROL, 7);
	record_of(stream, 6, 0, WRIT_EVENT_DECISION, WRIT_AGENT_CANARY);
	record_of(stream, 7, 0, 999, 7);
	assert_int_equal(counted(stream, WRIT_VERDICT_ALLOW, WRIT_OP_OPEN, WRIT_REASON_ROLE), 1);
	assert_int_equal(counted(stream, WRIT_VERDICT_DENY, WRIT_OP_EXEC, WRIT_REASON_NO_RULE), 2);
	assert_int_equal(counted(stream, WRIT_VERDICT_NONE, WRIT_OP_NONE, WRIT_REASON_NONE), 1);
	assert_int_equal(counts->n_touched, 3);
	assert_int_equal(counts->gaps[WRIT_GAP_UNKNOWN_TYPE], 1);
	assert_int_equal(counts->lost[WRIT_GAP_UNKNOWN_TYPE], 1);
	writ_stream_close(stream);
}

static void test_counts_losses(void **state)
{
	const int64_t n = 2 * WRIT_TRAIL_BUFFER_SIZE / 256;
	struct writ_stream *stream = open_stream();
	const struct writ_counts *counts = writ_stream_counts(stream);
	struct writ_stream_totals totals;

	(void)state;
	record(stream, 1, 0);
	record(stream, 5, 3);
	writ_stream_poll(stream, 0, 10, 2);
	assert_int_equal(counts->gaps[WRIT_GAP_RING_FULL], 2);
	assert_int_equal(counts->lost[WRIT_GAP_RING_FULL], 10);
	limit_size(1000);
	for (int64_t i = 1; i <= n; i++)
		record(stream, (uint64_t)i + 12, 10);
	assert_true(writ_stream_commit(stream) < 0);
	writ_stream_totals(stream, &totals);
	assert_true(totals.dropped > 0);
	assert_int_equal(counts->lost[WRIT_GAP_WRITE_FAILED], totals.dropped);
	limit_size(RLIM_INFINITY);
	assert_int_equal(writ_stream_commit(stream), 0);
	assert_in_range(counts->gaps[WRIT_GAP_WRITE_FAILED], 1, 2);
	assert_int_equal(counted(stream, 0, 0, 0), totals.written);
	writ_stream_close(stream);
}

/* The lines of a writer that was killed before it could say so are the next one's. */
static void test_counts_what_a_killed_writer_wrote(void **state)
{
	struct writ_stream *stream;

	(void)state;
	leave(kept, false);
	stream = open_with(kept);
	come_again(stream);
	assert_int_equal(counted(stream, 0, 0, 0), 3 + 2);
	writ_stream_close(stream);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_loss_in_the_ring),
		TEST(test_bad_unknown_and_canary),
		TEST(test_full_disk),
		TEST(test_no_line_twice),
		TEST(test_no_line_twice_after_two_kills),
		TEST(test_no_line_twice_over_segments),
		TEST(test_execs_are_told),
		TEST(test_after_a_boot),
		TEST(test_cut_line),
		TEST(test_cut_line_comes_again),
		TEST(test_steps),
		TEST(test_counts_lines),
		TEST(test_counts_losses),
		TEST(test_counts_what_a_killed_writer_wrote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
