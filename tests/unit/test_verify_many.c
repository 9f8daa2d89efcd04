/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trail/verify.c, part.c: a trail of more segments than are looked at side by side. The first fault
 * is the first in the log's order, whichever thread came upon which one first.
 */
#include "trail_helper.h"
#include "trail/pack.h"

#define SEGMENTS 140u /* verify.c takes 64 at a time: two times, and some */
#define LINES 40u

static const volatile bool never;

static char kept[sizeof(trail_directory)]; /* written once, for each fsync takes its time */

static int write_trail(void **state)
{
	struct writ_trail *trail;

	if (trail_set_up(state))
		return -1;
	(void)strcpy(kept, trail_directory);
	trail = trail_open(NULL);
	for (unsigned int i = 0; i < SEGMENTS; i++) {
		trail_put(trail, LINES * i, LINES);
		writ_trail_rotate(trail);
		trail_settle(trail);
		if (i % 3 == 0)
			assert_int_equal(writ_pack_segment(trail_log, i, true, &never), 0);
	}
	writ_trail_close(trail);
	return 0;
}

static int copy_trail(void **state)
{
	char command[256];

	if (trail_set_up(state))
		return -1;
	(void)snprintf(command, sizeof(command), "cp -a %s/. %s/", kept, trail_directory);
	return system(command);
}

static int remove_kept(void **state)
{
	(void)strcpy(trail_directory, kept);
	return trail_tear_down(state);
}

/* Changes the last decision of a segment that is not packed. */
static void change(uint64_t segment, char path[WRIT_SEGMENT_PATH_SIZE])
{
	_cleanup_free_ char *bytes = NULL;
	size_t len;

	assert_int_equal(writ_segment_path(trail_log, segment, false, path), 0);
	bytes = trail_read(path, &len);
	bytes[trail_line(bytes, LINES + 1) + strlen("{\"time\":\"2026")] ^= 1;
	trail_write(path, bytes, len);
}

static void expect(enum writ_verify_fault fault, const char *path, uint64_t line)
{
	struct writ_verified verdict;

	trail_verify(&verdict);
	assert_string_equal(writ_verify_word(verdict.fault), writ_verify_word(fault));
	assert_string_equal(verdict.path, path);
	assert_int_equal(verdict.line, line);
}

static void sums_up(void **state)
{
	struct writ_verified verdict;

	(void)state;
	trail_assert_whole((uint64_t)SEGMENTS * (LINES + 2) + 1);
	trail_verify(&verdict);
	assert_int_equal(verdict.segments, SEGMENTS + 1);
	assert_int_equal(verdict.checkpoints, SEGMENTS);
	assert_int_equal(verdict.first, 0);
	assert_true(verdict.bytes > SEGMENTS * LINES * 100);
}

static void names_the_first(void **state)
{
	char first[WRIT_SEGMENT_PATH_SIZE], later[WRIT_SEGMENT_PATH_SIZE];

	(void)state;
	change(139, later);
	expect(WRIT_VERIFY_BROKEN, later, LINES + 1);
	change(68, later);
	change(67, first);
	expect(WRIT_VERIFY_BROKEN, first, LINES + 1);
	change(1, first);
	expect(WRIT_VERIFY_BROKEN, first, LINES + 1);
}

/* Also the one with which the next threads begin. */
static void finds_one_missing(void **state)
{
	static const uint64_t segments[] = {128, 64, 62, 50};

	(void)state;
	for (size_t i = 0; i < sizeof(segments) / sizeof(segments[0]); i++) {
		char path[WRIT_SEGMENT_PATH_SIZE], next[WRIT_SEGMENT_PATH_SIZE];

		assert_int_equal(writ_segment_path(trail_log, segments[i], false, path), 0);
		assert_int_equal(unlink(path), 0);
		assert_int_equal(writ_segment_path(trail_log, segments[i] + 1,
						   (segments[i] + 1) % 3 == 0, next),
				 0);
		expect(WRIT_VERIFY_SEGMENT, next, 0);
	}
}

static void put_segment(unsigned int from)
{
	struct writ_trail *trail = trail_open(NULL);

	trail_put(trail, from, LINES);
	writ_trail_rotate(trail);
	trail_settle(trail);
	writ_trail_close(trail);
}

/*
 * A thief of the key writes the end of the open segment anew, and signs it well; but what the
 * writer signs next stands behind what was there.
 */
static void finds_an_end_written_anew(void **state)
{
	char command[2 * WRIT_SEGMENT_PATH_SIZE];
	char anew[WRIT_SEGMENT_PATH_SIZE], next[WRIT_SEGMENT_PATH_SIZE];

	(void)state;
	(void)snprintf(command, sizeof(command), "cp -a %s %s.thief", trail_directory,
		       trail_directory);
	assert_int_equal(system(command), 0);
	put_segment(1);
	put_segment(LINES + 1);
	trail_assert_whole((uint64_t)(SEGMENTS + 2) * (LINES + 2) + 1);
	(void)snprintf(command, sizeof(command), "mv %s %s.writer && mv %s.thief %s",
		       trail_directory, trail_directory, trail_directory, trail_directory);
	assert_int_equal(system(command), 0);
	put_segment(2 * LINES);
	trail_assert_whole((uint64_t)(SEGMENTS + 1) * (LINES + 2) + 1);
	assert_int_equal(writ_segment_path(trail_log, SEGMENTS, false, anew), 0);
	(void)snprintf(command, sizeof(command), "cp %s %s.writer/ && rm -rf %s && mv %s.writer %s",
		       anew, trail_directory, trail_directory, trail_directory, trail_directory);
	assert_int_equal(system(command), 0);
	assert_int_equal(writ_segment_path(trail_log, SEGMENTS + 1, false, next), 0);
	expect(WRIT_VERIFY_BROKEN, next, 1);
}

static void count_progress(void *context, const char *path, uint64_t bytes)
{
	uint64_t *told = context;

	assert_non_null(strstr(path, "audit"));
	assert_true(bytes >= *told);
	*told = bytes;
}

/* Some 60 MB in two segments: at least once in each 16 MB that its thread sees. */
static void tells_how_far_it_is(void **state)
{
	uint64_t told = 0;
	struct writ_verify_options options = {
		.log = trail_log,
		.known = {.segment = UINT64_MAX, .checkpoint = UINT64_MAX},
		.progress = count_progress,
		.context = &told,
	};
	_cleanup_free_ char *line = malloc(60001);
	struct writ_trail *trail = trail_open(NULL);
	struct writ_verified verdict;
	int len = snprintf(line, 60001, "{\"n\":\"%059000u\"}\n", 1);

	(void)state;
	for (unsigned int i = 0; i < 1000; i++) {
		assert_int_equal(writ_trail_put(trail, line, (size_t)len), 0);
		if (i % 10 == 0 || i == 500)
			trail_settle(trail);
		if (i == 500)
			writ_trail_rotate(trail);
	}
	writ_trail_close(trail);
	assert_int_equal(writ_verify_trail(&options, &verdict), 0);
	assert_int_equal(verdict.fault, WRIT_VERIFY_NONE);
	assert_in_range(told, 16u << 20, verdict.bytes);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, copy_trail, trail_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(sums_up),
		CASE(names_the_first),
		CASE(finds_one_missing),
		CASE(finds_an_end_written_anew),
		cmocka_unit_test_setup_teardown(tells_how_far_it_is, trail_set_up, trail_tear_down),
	};

	return cmocka_run_group_tests(tests, write_trail, remove_kept);
}
