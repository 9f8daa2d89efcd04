/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trail/pack.c, packer.c, blocks.c, query.c: packed segments have the same lines, are whole to
 * verify, and answer as before; what a crash left is done again; what is too old goes.
 */
#include <errno.h>
#include <fcntl.h>

#include "trail_helper.h"
#include "trail/lines.h"
#include "trail/pack.h"
#include "trail/query.h"

#define SEGMENTS 3
#define LINES 3000u

static const volatile bool never;

static void put_decision(struct writ_trail *trail, unsigned int i)
{
	char line[512];
	int len = snprintf(
		line, sizeof(line),
		"{\"time\":\"2026-11-22T10:%02u:%02u.000000Z\",\"type\":\"decision\","
		"\"agent\":\"agent-%u\",\"operation\":\"open\",\"object\":\"/srv/%u/a \\\\\\\"b\","
		"\"verdict\":\"%s\",\"reason\":\"role\",\"grant\":%u}\n",
		i / 3600 % 60, i / 60 % 60, i % 7, i, i % 100 ? "allow" : "deny", i / 50);

	assert_int_equal(writ_trail_put(trail, line, (size_t)len), 0);
}

static int write_segments(void **state)
{
	struct writ_trail *trail;

	if (trail_set_up(state))
		return -1;
	trail = trail_open(NULL);
	for (unsigned int i = 0; i < SEGMENTS * LINES; i++) {
		put_decision(trail, i);
		if (i % LINES == LINES - 1) {
			writ_trail_rotate(trail);
			trail_settle(trail);
		}
	}
	put_decision(trail, SEGMENTS * LINES);
	writ_trail_close(trail);
	return 0;
}

static void pack_all(bool compress)
{
	for (uint64_t i = 0; i < SEGMENTS; i++)
		assert_int_equal(writ_pack_segment(trail_log, i, compress, &never), 0);
}

struct answer {
	unsigned int n;
	uint64_t sum; /* of the bytes */
};

static int count(void *context, const char *line, size_t len)
{
	struct answer *answer = context;

	answer->n++;
	for (size_t i = 0; i < len; i++)
		answer->sum = answer->sum * 31 + (uint8_t)line[i];
	return 0;
}

static struct answer ask(const struct writ_query *query, struct writ_query_cost *ret_cost)
{
	struct writ_query_cost cost;
	struct answer answer = {0};

	assert_int_equal(
		writ_query_run(trail_log, query, count, &answer, ret_cost ? ret_cost : &cost), 0);
	return answer;
}

#define ANY .since_us = INT64_MIN, .until_us = INT64_MAX

static void answers_the_same(void **state)
{
	const struct writ_query queries[] = {
		{.words[WRIT_WORD_GRANT] = "17", ANY},
		{.words[WRIT_WORD_AGENT] = "agent-3", ANY},
		{.words[WRIT_WORD_AGENT] = "agent-3", .words[WRIT_WORD_VERDICT] = "deny", ANY},
		{.words[WRIT_WORD_GRANT] = "1", ANY}, /* and not those of grant 17 */
		{.object = "/srv/12?/a \\\\\"b", ANY},
		{.words[WRIT_WORD_TYPE] = "checkpoint", ANY},
		{.words[WRIT_WORD_TICKET] = "none", ANY},
		{.since_us = 1795341660000000, .until_us = 1795341660999999},
		{ANY},
	};
	const unsigned int expected[] = {50, 1286, 13, 50, 10, 4, 0, 60, 0};
	const int n = sizeof(queries) / sizeof(queries[0]);
	struct answer plain[sizeof(queries) / sizeof(queries[0])];

	(void)state;
	for (int i = 0; i < n; i++) {
		plain[i] = ask(&queries[i], NULL);
		if (expected[i] || i == 6)
			assert_int_equal(plain[i].n, expected[i]);
	}
	assert_true(plain[n - 1].n > SEGMENTS * LINES);
	for (int compress = 0; compress < 2; compress++) {
		pack_all(compress);
		for (int i = 0; i < n; i++) {
			struct answer now = ask(&queries[i], NULL);

			assert_int_equal(now.n, plain[i].n);
			assert_int_equal(now.sum, plain[i].sum);
		}
	}
}

/* A line of program @exe, or of one that is not known; the object tries to pass for another. */
static void put_of(struct writ_trail *trail, const char *exe, const char *exec)
{
	char line[512];
	int len = snprintf(line, sizeof(line),
			   "{\"time\":\"2026-11-22T12:00:00.000000Z\",\"type\":\"decision\","
			   "\"agent\":\"a\",\"object\":\",\\\"exe\\\":\\\"/bin/fake\\\","
			   "\\\"exec\\\":\\\"9\\\"\",\"process\":{\"pid\":1,\"exe\":%s,"
			   "\"exec\":%s},\"by_exec\":\"777\"}\n",
			   exe, exec);

	assert_int_equal(writ_trail_put(trail, line, (size_t)len), 0);
}

/* By the program that acted, and by one execution of it. */
static void answers_of_programs(void **state)
{
	struct writ_trail *trail = trail_open(NULL);

	(void)state;
	put_of(trail, "\"/usr/bin/a\"", "\"12\"");
	put_of(trail, "\"/usr/bin/a\"", "\"123\"");
	put_of(trail, "\"/usr/bin/\\\\x0a\\\"\"", "\"1234\"");
	put_of(trail, "null", "\"12345\"");
	put_of(trail, "null", "null");
	writ_trail_close(trail);
	assert_int_equal(ask(&(struct writ_query){ANY, .exe = "/usr/bin/a"}, NULL).n, 2);
	assert_int_equal(ask(&(struct writ_query){ANY, .exe = "/usr/*"}, NULL).n, 3);
	assert_int_equal(ask(&(struct writ_query){ANY, .exe = "/usr/bin/\\\\x0a\""}, NULL).n, 1);
	assert_int_equal(ask(&(struct writ_query){ANY, .exe = "*"}, NULL).n, 3);
	assert_int_equal(ask(&(struct writ_query){ANY, .exe = "/bin/fake"}, NULL).n, 0);
	assert_int_equal(ask(&(struct writ_query){ANY, .exec = "12"}, NULL).n, 1);
	assert_int_equal(ask(&(struct writ_query){ANY, .exec = "12345"}, NULL).n, 1);
	assert_int_equal(ask(&(struct writ_query){ANY, .exec = "123456"}, NULL).n, 0);
	assert_int_equal(ask(&(struct writ_query){ANY, .exec = "9"}, NULL).n, 0);
	assert_int_equal(ask(&(struct writ_query){ANY, .exec = "777"}, NULL).n, 0);
	assert_int_equal(ask(&(struct writ_query){ANY, .exe = "/usr/*", .exec = "123"}, NULL).n, 1);
}

/* One question or the other, in the log's order, and no more blocks than both need. */
static void answers_either(void **state)
{
	const struct writ_query third = {.words[WRIT_WORD_TYPE] = "segment", ANY};
	const struct writ_query second = {.words[WRIT_WORD_GRANT] = "30",
					  .words[WRIT_WORD_VERDICT] = "deny",
					  ANY,
					  .also = &third};
	const struct writ_query first = {.words[WRIT_WORD_GRANT] = "3", ANY, .also = &second};
	struct writ_query_cost cost;
	struct answer plain;

	(void)state;
	plain = ask(&first, NULL);
	assert_int_equal(plain.n, 50 + 1 + SEGMENTS + 1);
	pack_all(true);
	assert_int_equal(ask(&first, &cost).n, plain.n);
	assert_int_equal(ask(&first, NULL).sum, plain.sum);
	assert_in_range(cost.read, SEGMENTS, SEGMENTS + 2);
}

static void reads_only_what_may_answer(void **state)
{
	const struct writ_query query = {.words[WRIT_WORD_GRANT] = "3", ANY};
	struct writ_query_cost cost;

	(void)state;
	pack_all(true);
	assert_int_equal(ask(&query, &cost).n, 50);
	assert_true(cost.blocks >= 3 * SEGMENTS);
	assert_in_range(cost.read, 1, 2);
}

static void packed_is_whole(void **state)
{
	char plain[WRIT_SEGMENT_PATH_SIZE];
	struct writ_verified verdict;

	(void)state;
	pack_all(true);
	assert_int_equal(writ_segment_path(trail_log, 0, false, plain), 0);
	assert_int_equal(access(plain, F_OK), -1);
	trail_verify(&verdict);
	assert_int_equal(verdict.fault, WRIT_VERIFY_NONE);
	assert_int_equal(verdict.segments, SEGMENTS + 1);
	pack_all(true); /* once more is nothing */
	trail_verify(&verdict);
	assert_int_equal(verdict.fault, WRIT_VERIFY_NONE);
}

static void finds_a_damaged_pack(void **state)
{
	char packed[WRIT_SEGMENT_PATH_SIZE];
	const struct writ_query query = {.words[WRIT_WORD_TYPE] = "decision", ANY};
	struct writ_query_cost cost;
	struct writ_verified verdict;
	_cleanup_free_ char *bytes = NULL;
	size_t len;

	(void)state;
	pack_all(true);
	assert_int_equal(writ_segment_path(trail_log, 1, true, packed), 0);
	bytes = trail_read(packed, &len);
	bytes[len / 2] ^= 0x55;
	trail_write(packed, bytes, len);
	trail_verify(&verdict);
	assert_int_not_equal(verdict.fault, WRIT_VERIFY_NONE);
	assert_string_equal(verdict.path, packed);
	assert_in_range(ask(&query, &cost).n, 2 * LINES, 3 * LINES);
	assert_int_equal(cost.damaged, 1);
	assert_string_equal(cost.path, packed);
	bytes[len / 2] ^= 0x55;
	trail_write(packed, bytes, len - 9); /* its end is missing */
	trail_verify(&verdict);
	assert_int_equal(verdict.fault, WRIT_VERIFY_DAMAGED);
}

/* At whichever point the packer was killed. */
static void goes_on_after_a_crash(void **state)
{
	char plain[WRIT_SEGMENT_PATH_SIZE], packed[WRIT_SEGMENT_PATH_SIZE],
		index[WRIT_SEGMENT_PATH_SIZE], path[WRIT_SEGMENT_PATH_SIZE + 8];
	const struct writ_query query = {.words[WRIT_WORD_GRANT] = "3", ANY};
	_cleanup_free_ char *lines = NULL;
	size_t len;

	(void)state;
	assert_int_equal(writ_segment_path(trail_log, 0, false, plain), 0);
	assert_int_equal(writ_segment_path(trail_log, 0, true, packed), 0);
	assert_int_equal(writ_blocks_path(trail_log, 0, index), 0);
	lines = trail_read(plain, &len);
	(void)snprintf(path, sizeof(path), "%s.new", packed);
	trail_write(path, "half", 4); /* while it was packed */
	assert_int_equal(writ_pack_segment(trail_log, 0, true, &never), 0);
	assert_int_equal(ask(&query, NULL).n, 50);
	trail_write(plain, lines, len); /* before the plain one was removed */
	assert_int_equal(ask(&query, NULL).n, 50);
	trail_assert_whole(SEGMENTS * (LINES + 2) + 3);
	assert_int_equal(writ_pack_segment(trail_log, 0, true, &never), 0);
	assert_int_equal(unlink(packed), 0);
	trail_write(plain, lines, len); /* the index was saved, and no more */
	assert_int_equal(ask(&query, NULL).n, 50);
	assert_int_equal(unlink(index), 0);
	assert_int_equal(ask(&query, NULL).n, 50);
}

static void stops_when_asked(void **state)
{
	static const volatile bool now = true;
	char plain[WRIT_SEGMENT_PATH_SIZE];

	(void)state;
	assert_int_equal(writ_pack_segment(trail_log, 0, true, &now), -ECANCELED);
	assert_int_equal(writ_segment_path(trail_log, 0, false, plain), 0);
	assert_int_equal(access(plain, F_OK), 0);
}

static void the_thread_packs_all(void **state)
{
	struct writ_packer *packer = NULL;
	struct writ_segment *segments;
	uint64_t segment;
	size_t n, packed = 0;

	(void)state;
	assert_int_equal(writ_packer_start(trail_log, true, &packer), 0);
	while (packed < SEGMENTS) {
		assert_int_equal(writ_segments_list(trail_log, &segments, &n), 0);
		packed = 0;
		for (size_t i = 0; i < n; i++)
			packed += segments[i].packed;
		writ_segments_free(segments, n);
		(void)usleep(1000);
	}
	assert_int_equal(writ_packer_error(packer, &segment), 0);
	writ_packer_stop(packer);
	trail_assert_whole(SEGMENTS * (LINES + 2) + 3);
}

static void removes_the_oldest(void **state)
{
	const uint64_t age = 3600 * WRIT_NS_PER_SECOND;
	char path[WRIT_SEGMENT_PATH_SIZE];
	struct stat found;
	uint64_t last;

	(void)state;
	pack_all(true);
	assert_false(writ_prune_find(trail_log, age, UINT64_MAX, &last));
	assert_int_equal(writ_segment_path(trail_log, 0, true, path), 0);
	assert_int_equal(stat(path, &found), 0);
	assert_int_equal(utimensat(AT_FDCWD, path, (struct timespec[2]){{0, 0}, {0, 0}}, 0), 0);
	assert_true(writ_prune_find(trail_log, age, UINT64_MAX, &last));
	assert_int_equal(last, 0);
	assert_true(writ_prune_find(trail_log, UINT64_MAX, (uint64_t)found.st_size, &last));
	assert_int_equal(last, 1); /* all but the newest */
	assert_int_equal(writ_prune(trail_log, 0), 0);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(writ_blocks_path(trail_log, 0, path), 0);
	assert_int_equal(access(path, F_OK), -1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, write_segments, trail_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(answers_the_same),	     TEST(answers_either),
		TEST(answers_the_same),	     TEST(reads_only_what_may_answer),
		TEST(packed_is_whole),	     TEST(finds_a_damaged_pack),
		TEST(goes_on_after_a_crash), TEST(stops_when_asked),
		TEST(the_thread_packs_all),  TEST(removes_the_oldest),
		TEST(answers_of_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
