/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log on disk, as those meet it who ask later: is it whole, in MB of lines a second, plain and
 * packed; and how long a question about one grant takes over ten million rotated and packed lines.
 * The log is written by the real writer, into the current directory, and removed.
 */
#include "native.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench.h"
#include "lib/cleanup.h"
#include "lib/time.h"
#include "trail/blake2b.h"
#include "trail/pack.h"
#include "trail/query.h"
#include "trail/trail.h"
#include "trail/verify.h"

#define DIRECTORY "build/bench/trail"
#define LOG DIRECTORY "/audit.jsonl"
#define KEY DIRECTORY "/key"
#define LINES 10000000u
#define SOME 1500000u	    /* of these, for verify: some 800 MB */
#define SEGMENT (64u << 20) /* the default of a Node */
#define FIRST_GRANT 1000000u
#define GRANT_LINES 100u /* of each grant, in a thousand lines: ten grants at a time */
#define ASKED 123457u	 /* grants after the first: unlike its neighbours in no way */
#define RUNS 5
#define PACKERS 2u

static const volatile bool never;

static struct {
	struct writ_trail *trail;
	char line[1024];
	size_t len;
	char *time;
	char *sequence;
	char *grant;
	char *object;
	pthread_mutex_t mutex;
	uint64_t next; /* segment to pack */
	uint64_t end;  /* behind the last closed one */
	bool over;
} bench = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static void make_line(void)
{
	bench.len = (size_t)snprintf(
		bench.line, sizeof(bench.line),
		"{\"time\":\"2026-11-22T00:00:00.000000Z\",\"type\":\"decision\",\"sequence\":"
		"10000000,\"cpu\":1,\"agent\":\"billing-bot\",\"role\":\"web-operator\","
		"\"environment\":\"production\",\"operation\":\"open\",\"access\":[\"read\"],"
		"\"object\":\"/srv/tenants/d00000000/site.js\",\"verdict\":\"allow\",\"reason\":"
		"\"grant\",\"rule\":\"web.yaml:12:5 /srv/** read\",\"grant\":1000000,\"playbook\":"
		"\"rotate-certificate\",\"ticket\":\"CHG-1842\",\"operator\":\"ana\","
		"\"seconds_left\":17.250,\"process\":{\"pid\":4242,\"tid\":4242,\"uid\":1000,"
		"\"start\":\"81234567890\",\"comm\":\"nginx\"},\"cgroup\":\"4294972042\"}\n");
	bench.time = strstr(bench.line, "T00:") + 1;
	bench.sequence = strstr(bench.line, "10000000");
	bench.grant = strstr(bench.line, "\"grant\":") + strlen("\"grant\":");
	bench.object = strstr(bench.line, "/d0") + 2;
}

static void put_digits(char *at, uint32_t value, unsigned int n)
{
	while (n--) {
		at[n] = (char)('0' + value % 10);
		value /= 10;
	}
}

static uint32_t grant_of(uint32_t i)
{
	return FIRST_GRANT + i / (10 * GRANT_LINES) * 10 + i % 10;
}

/* The writer's steps go on while the disk does; the closed ones may be packed. */
static void commit(void)
{
	struct writ_trail_at at;

	assert_int_equal(writ_trail_commit(bench.trail, writ_time_boot()), 0);
	writ_trail_where(bench.trail, &at);
	(void)pthread_mutex_lock(&bench.mutex);
	bench.end = at.segment;
	(void)pthread_mutex_unlock(&bench.mutex);
}

static void put_lines(uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++) {
		uint32_t second = i / 150;

		put_digits(bench.time, second / 3600, 2);
		put_digits(bench.time + 3, second / 60 % 60, 2);
		put_digits(bench.time + 6, second % 60, 2);
		put_digits(bench.time + 9, i % 150 * 6000, 6);
		put_digits(bench.sequence, LINES + i, 8);
		put_digits(bench.grant, grant_of(i), 7);
		put_digits(bench.object, i * 2654435761u % 100000000u, 8);
		while (writ_trail_put(bench.trail, bench.line, bench.len))
			commit(); /* no room: the disk is behind */
		if (!(i % 500))
			commit();
	}
}

static void settle(void)
{
	struct writ_trail_at at;

	do {
		commit();
		(void)usleep(1000);
		writ_trail_where(bench.trail, &at);
	} while (at.busy || at.waiting);
}

static void *pack(void *argument)
{
	(void)argument;
	for (;;) {
		uint64_t segment = UINT64_MAX;
		bool over;

		(void)pthread_mutex_lock(&bench.mutex);
		over = bench.over;
		if (bench.next < bench.end)
			segment = bench.next++;
		(void)pthread_mutex_unlock(&bench.mutex);
		if (segment == UINT64_MAX && over)
			return NULL;
		if (segment == UINT64_MAX)
			(void)usleep(1000);
		else
			assert_int_equal(writ_pack_segment(LOG, segment, true, &never), 0);
	}
}

/* Packs what is closed and, while @from to @to are written, what is closed then. */
static void put_and_pack(uint32_t from, uint32_t to)
{
	pthread_t threads[PACKERS];

	bench.over = false;
	for (unsigned int i = 0; i < PACKERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, pack, NULL), 0);
	put_lines(from, to);
	settle();
	(void)pthread_mutex_lock(&bench.mutex);
	bench.over = true;
	(void)pthread_mutex_unlock(&bench.mutex);
	for (unsigned int i = 0; i < PACKERS; i++)
		(void)pthread_join(threads[i], NULL);
}

static void open_trail(void)
{
	static const struct writ_trail_settings settings = {
		.log = LOG,
		.key = KEY,
		.sync = WRIT_TRAIL_SYNC_NONE,
		.checkpoint_ns = 10 * WRIT_NS_PER_SECOND,
		.rotate_bytes = SEGMENT,
		.rotate_ns = UINT64_MAX,
	};
	struct writ_trail_found found;

	assert_int_equal(system("rm -rf " DIRECTORY), 0);
	assert_int_equal(mkdir(DIRECTORY, 0700), 0);
	assert_int_equal(writ_trail_open(&settings, NULL, NULL, &bench.trail, &found), 0);
	make_line();
}

static double verify(void)
{
	const struct writ_verify_options options = {
		.log = LOG, .known = {.segment = UINT64_MAX, .checkpoint = UINT64_MAX}};
	struct writ_verified verdict;
	double seconds = bench_now();

	assert_int_equal(writ_verify_trail(&options, &verdict), 0);
	seconds = bench_now() - seconds;
	assert_int_equal(verdict.fault, WRIT_VERIFY_NONE);
	assert_true(verdict.lines > SOME);
	return (double)verdict.bytes / 1e6 / seconds;
}

/* The same plain files by read(2), each line's worth of bytes hashed, on one processor. */
static double read_and_hash(const struct writ_segment *segments, size_t n)
{
	static char block[1 << 20];
	uint8_t head[WRIT_BLAKE2B_SIZE] = {0};
	double seconds = bench_now(), bytes = 0;

	for (size_t i = 0; i < n; i++) {
		_cleanup_fclose_ FILE *file = fopen(segments[i].path, "re");
		size_t got;

		assert_non_null(file);
		while ((got = fread(block, 1, sizeof(block), file)) > 0) {
			for (size_t at = 0; at + bench.len <= got; at += bench.len)
				writ_blake2b(head, block + at, bench.len, head);
			bytes += (double)got;
		}
	}
	return bytes / 1e6 / (bench_now() - seconds);
}

static void bench_verify(void)
{
	double plain[RUNS], packed[RUNS], floor[RUNS];
	struct writ_segment *segments = NULL;
	size_t n = 0;

	put_lines(0, SOME);
	settle();
	assert_int_equal(writ_segments_list(LOG, &segments, &n), 0);
	for (int i = 0; i < RUNS; i++) {
		floor[i] = read_and_hash(segments, n);
		plain[i] = verify();
	}
	writ_segments_free(segments, n);
	put_and_pack(SOME, SOME);
	for (int i = 0; i < RUNS; i++)
		packed[i] = verify();
	bench_report(&(struct bench_figure){"native.floor.read_hash_mb_per_s", "MB/s",
					    bench_median(floor, RUNS), NULL, RUNS});
	bench_report(&(struct bench_figure){"native.verify_mb_per_s", "MB/s",
					    bench_median(plain, RUNS),
					    "native.floor.read_hash_mb_per_s", RUNS});
	bench_report(&(struct bench_figure){"native.verify_packed_mb_per_s", "MB/s",
					    bench_median(packed, RUNS),
					    "native.floor.read_hash_mb_per_s", RUNS});
}

static int count(void *context, const char *line, size_t len)
{
	(void)line;
	(void)len;
	++*(uint64_t *)context;
	return 0;
}

static void bench_query(void)
{
	double seconds[RUNS];
	char grant[16];

	put_and_pack(SOME, LINES);
	(void)snprintf(grant, sizeof(grant), "%u", FIRST_GRANT + ASKED % (LINES / GRANT_LINES));
	for (int i = 0; i < RUNS; i++) {
		const struct writ_query query = {.words = {[WRIT_WORD_GRANT] = grant},
						 .since_us = INT64_MIN,
						 .until_us = INT64_MAX};
		struct writ_query_cost cost;
		uint64_t found = 0;

		seconds[i] = bench_now();
		assert_int_equal(writ_query_run(LOG, &query, count, &found, &cost), 0);
		seconds[i] = bench_now() - seconds[i];
		assert_int_equal(found, GRANT_LINES);
		assert_int_equal(cost.damaged, 0);
	}
	bench_report(&(struct bench_figure){"native.query_10m_s", "s", bench_median(seconds, RUNS),
					    NULL, RUNS});
}

void bench_trail(void)
{
	double seconds = bench_now();

	open_trail();
	bench_verify();
	bench_query();
	writ_trail_close(bench.trail);
	assert_int_equal(system("rm -rf " DIRECTORY), 0);
	(void)fprintf(stderr, "  (a log of 10 million lines, made and asked in %.0f s)\n",
		      bench_now() - seconds);
}
