/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trail/verify.c: an attacker who is root and may write every file, with the writer's source and,
 * in the last cases, its key of now. Each change of the past is found, and the first one is named.
 */
#include <errno.h>

#include "trail_helper.h"
#include "trail/chain.h"
#include "trail/key.h"
#include "trail/seal.h"

#define LINES 10 /* of each segment, with a checkpoint in the middle */

static char closed[WRIT_SEGMENT_PATH_SIZE]; /* segment 1 of 0 to 2 and the open one */

/* Segments of a first line, five, a checkpoint, five, and the last checkpoint. */
static int write_trail(void **state)
{
	struct writ_trail *trail;

	if (trail_set_up(state))
		return -1;
	trail = trail_open(NULL);
	for (unsigned int i = 0; i < 4; i++) {
		trail_put(trail, LINES * i, LINES / 2);
		trail_checkpoint(trail);
		trail_put(trail, LINES * i + LINES / 2, LINES / 2);
		if (i < 3)
			writ_trail_rotate(trail);
		trail_settle(trail);
	}
	writ_trail_close(trail);
	return writ_segment_path(trail_log, 1, false, closed);
}

static void expect(enum writ_verify_fault fault, const char *path, uint64_t line)
{
	struct writ_verified verdict;

	trail_verify(&verdict);
	assert_string_equal(writ_verify_word(verdict.fault), writ_verify_word(fault));
	assert_string_equal(verdict.path, path);
	assert_int_equal(verdict.line, line);
}

static void finds_nothing(void **state)
{
	struct writ_verified verdict;

	(void)state;
	trail_verify(&verdict);
	assert_int_equal(verdict.fault, WRIT_VERIFY_NONE);
	assert_int_equal(verdict.faults, 0);
	assert_int_equal(verdict.segments, 4);
	assert_int_equal(verdict.first, 0);
	assert_int_equal(verdict.lines, 4 * (LINES + 3));
	assert_int_equal(verdict.checkpoints, 8);
	assert_int_equal(verdict.unsigned_lines, 0);
}

static void finds_each_changed_byte(void **state)
{
	_cleanup_free_ char *bytes = NULL;
	uint64_t line = 1;
	size_t len;

	(void)state;
	bytes = trail_read(closed, &len);
	for (size_t i = 0; i < len; i++) {
		struct writ_verified verdict;

		line += i && bytes[i - 1] == '\n';
		if (i % 3)
			continue;
		bytes[i] ^= 1;
		trail_write(closed, bytes, len);
		bytes[i] ^= 1;
		trail_verify(&verdict);
		assert_int_not_equal(verdict.fault, WRIT_VERIFY_NONE);
		assert_string_equal(verdict.path, closed);
		assert_int_equal(verdict.line, line);
	}
}

/* Removes line @n of the closed segment. */
static void remove_line(unsigned int n)
{
	_cleanup_free_ char *bytes = NULL;
	size_t len, from, to;

	bytes = trail_read(closed, &len);
	from = trail_line(bytes, n);
	to = trail_line(bytes, n + 1);
	memmove(bytes + from, bytes + to, len - to);
	trail_write(closed, bytes, len - (to - from));
}

static void finds_a_removed_line(void **state)
{
	(void)state;
	remove_line(4);
	expect(WRIT_VERIFY_BROKEN, closed, 4);
}

static void finds_a_removed_first_line(void **state)
{
	(void)state;
	remove_line(1);
	expect(WRIT_VERIFY_FIRST_LINE, closed, 1);
}

static void finds_a_removed_last_line(void **state)
{
	(void)state;
	remove_line(LINES + 3);
	expect(WRIT_VERIFY_CUT, closed, LINES + 2);
}

static void finds_lines_that_changed_places(void **state)
{
	_cleanup_free_ char *bytes = NULL, *moved = NULL;
	size_t len, a, b, c;

	(void)state;
	bytes = trail_read(closed, &len);
	moved = trail_read(closed, &len);
	a = trail_line(bytes, 3);
	b = trail_line(bytes, 4);
	c = trail_line(bytes, 5);
	memcpy(moved + a, bytes + b, c - b);
	memcpy(moved + a + (c - b), bytes + a, b - a);
	trail_write(closed, moved, len);
	expect(WRIT_VERIFY_BROKEN, closed, 3);
}

static void finds_a_line_put_in(void **state)
{
	_cleanup_free_ char *bytes = NULL, *more = NULL;
	size_t len, at, end;

	(void)state;
	bytes = trail_read(closed, &len);
	at = trail_line(bytes, 3);
	end = trail_line(bytes, 4);
	more = malloc(2 * len);
	assert_non_null(more);
	memcpy(more, bytes, end);
	memcpy(more + end, bytes + at, len - at); /* line 3 twice */
	trail_write(closed, more, len + (end - at));
	expect(WRIT_VERIFY_BROKEN, closed, 4);
}

/* Lines 3 and on chained anew: only the signatures tell. */
static void finds_a_chain_made_anew(void **state)
{
	_cleanup_free_ char *bytes = NULL;
	struct writ_chain chain;
	size_t len, at;

	(void)state;
	bytes = trail_read(closed, &len);
	at = trail_line(bytes, 3);
	assert_int_equal(
		writ_chain_read(bytes + trail_line(bytes, 2), at - trail_line(bytes, 2), &chain),
		0);
	bytes[at + 12] ^= 1; /* of its time */
	for (unsigned int n = 3; n < LINES + 3; n++) {
		size_t next = trail_line(bytes, n + 1), own = next - at - WRIT_CHAIN_ROOM;

		memcpy(bytes + at + own - 2, "}\n", 2);
		(void)writ_chain_close(&chain, bytes + at, own);
		at = next;
	}
	trail_write(closed, bytes, len);
	expect(WRIT_VERIFY_BROKEN, closed, 7); /* the first checkpoint */
}

static void finds_a_missing_segment(void **state)
{
	char next[WRIT_SEGMENT_PATH_SIZE];

	(void)state;
	assert_int_equal(unlink(closed), 0);
	assert_int_equal(writ_segment_path(trail_log, 2, false, next), 0);
	expect(WRIT_VERIFY_SEGMENT, next, 0);
}

static void finds_a_missing_end(void **state)
{
	(void)state;
	assert_int_equal(unlink(trail_log), 0);
	expect(WRIT_VERIFY_SEGMENT, trail_log, 0);
}

static void takes_what_was_removed_by_rule(void **state)
{
	struct writ_trail *trail = trail_open(NULL);
	char first[WRIT_SEGMENT_PATH_SIZE];
	struct writ_verified verdict;

	(void)state;
	assert_int_equal(writ_segment_path(trail_log, 0, false, first), 0);
	assert_int_equal(unlink(first), 0);
	expect(WRIT_VERIFY_SEGMENT, trail_log, 0);
	assert_int_equal(writ_trail_put_removed(trail, 0), 0);
	writ_trail_close(trail);
	trail_verify(&verdict);
	assert_int_equal(verdict.fault, WRIT_VERIFY_NONE);
	assert_int_equal(verdict.first, 1);
	assert_int_equal(unlink(closed), 0); /* and no more than that */
	expect(WRIT_VERIFY_SEGMENT, trail_log, 0);
}

/* The end is cut off at a checkpoint, so that all that is left is sound. */
static void finds_an_end_that_others_know_of(void **state)
{
	struct writ_verify_options options = {.log = trail_log, .known = {3, 2}};
	_cleanup_free_ char *bytes = NULL;
	struct writ_verified verdict;
	size_t len;

	(void)state;
	assert_int_equal(writ_verify_trail(&options, &verdict), 0);
	assert_int_equal(verdict.fault, WRIT_VERIFY_NONE);
	bytes = trail_read(trail_log, &len);
	trail_write(trail_log, bytes, trail_line(bytes, LINES / 2 + 3));
	trail_verify(&verdict);
	assert_int_equal(verdict.fault, WRIT_VERIFY_NONE);
	assert_int_equal(writ_verify_trail(&options, &verdict), 0);
	assert_int_equal(verdict.fault, WRIT_VERIFY_CUT);
	options.known = (struct writ_verify_known){4, 0};
	assert_int_equal(writ_verify_trail(&options, &verdict), 0);
	assert_int_equal(verdict.fault, WRIT_VERIFY_CUT);
}

static void asks_for_the_anchor(void **state)
{
	struct writ_verify_options options = {.log = trail_log, .known = {UINT64_MAX, UINT64_MAX}};
	struct writ_verified verdict;
	struct writ_key *key = NULL;
	uint8_t anchor[32];

	(void)state;
	assert_int_equal(writ_key_open(trail_key, &key), 0);
	writ_key_anchor(key, anchor);
	writ_key_close(key);
	options.anchor = anchor;
	assert_int_equal(writ_verify_trail(&options, &verdict), 0);
	assert_int_equal(verdict.fault, WRIT_VERIFY_NONE);
	anchor[3] ^= 1;
	assert_int_equal(writ_verify_trail(&options, &verdict), 0);
	assert_int_equal(verdict.fault, WRIT_VERIFY_ANCHOR);
}

static void finds_changed_keys(void **state)
{
	char path[WRIT_SEGMENT_PATH_SIZE];
	_cleanup_free_ char *bytes = NULL;
	size_t len, at;

	(void)state;
	assert_int_equal(writ_segment_keys_path(trail_log, path), 0);
	bytes = trail_read(path, &len);
	at = trail_line(bytes, 3);
	bytes[at + 20] ^= 1;
	trail_write(path, bytes, len);
	expect(WRIT_VERIFY_KEYS, path, 3);
	assert_int_equal(unlink(path), 0);
	expect(WRIT_VERIFY_KEYS, path, 0);
}

/* With the key of now he signs a checkpoint of the past. */
static void a_stolen_key_does_not_sign_the_past(void **state)
{
	_cleanup_free_ char *bytes = NULL;
	_cleanup_(writ_key_closep) struct writ_key *key = NULL;
	char forged[WRIT_SEAL_SIZE];
	uint8_t signature[64];
	size_t len, at, end;
	char *mark;

	(void)state;
	bytes = trail_read(trail_log, &len);
	at = trail_line(bytes, LINES / 2 + 2);
	end = trail_line(bytes, LINES / 2 + 3);
	memcpy(forged, bytes + at, end - at);
	mark = memmem(forged, end - at, ",\"signature\"", 12);
	assert_non_null(mark);
	assert_int_equal(writ_key_open(trail_key, &key), 0);
	assert_int_equal(writ_key_checkpoint_sign(key, forged, (size_t)(mark - forged), signature),
			 0);
	for (int i = 0; i < 64; i++)
		(void)sprintf(mark + 14 + 2 * i, "%02x", signature[i]);
	mark[14 + 128] = '"';
	memcpy(bytes + at, forged, end - at);
	trail_write(trail_log, bytes, len);
	expect(WRIT_VERIFY_BROKEN, trail_log, LINES / 2 + 2);
	assert_int_equal(writ_seal_check(forged, end - at, signature), -EBADMSG);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, write_trail, trail_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(finds_nothing),
		TEST(finds_each_changed_byte),
		TEST(finds_a_removed_line),
		TEST(finds_a_removed_first_line),
		TEST(finds_a_removed_last_line),
		TEST(finds_lines_that_changed_places),
		TEST(finds_a_line_put_in),
		TEST(finds_a_chain_made_anew),
		TEST(finds_a_missing_segment),
		TEST(finds_a_missing_end),
		TEST(takes_what_was_removed_by_rule),
		TEST(finds_an_end_that_others_know_of),
		TEST(asks_for_the_anchor),
		TEST(finds_changed_keys),
		TEST(a_stolen_key_does_not_sign_the_past),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
