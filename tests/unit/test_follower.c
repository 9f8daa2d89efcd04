/* SPDX-License-Identifier: Apache-2.0 */
/* user/forward/follower.c, cursor.c, meter.c: every line once, whatever the writer does. */
#include "trail_helper.h"

#include <errno.h>

#include "forward/cursor.h"
#include "forward/follower.h"
#include "forward/meter.h"
#include "trail/pack.h"
#include "trail/segment.h"

/* Reads what there is; numbers {"n":..} must go on from *next. Returns lines of all types. */
static unsigned int read_on(struct writ_follower *follower, unsigned int *next)
{
	enum writ_followed said = WRIT_FOLLOWED_LINE;
	unsigned int lines = 0;
	const char *line;
	size_t len;

	for (;;) {
		const char *n;

		assert_int_equal(writ_follower_next(follower, &said, &line, &len), 0);
		if (said == WRIT_FOLLOWED_END)
			return lines;
		assert_int_equal(said, WRIT_FOLLOWED_LINE);
		assert_int_equal(line[len - 1], '\n');
		lines++;
		n = memmem(line, len, "\"n\":", 4);
		if (n)
			assert_int_equal(strtoul(n + 4, NULL, 10), (*next)++);
	}
}

static struct writ_follower *follower_open(const struct writ_place *place,
					   enum writ_follower_start start)
{
	struct writ_follower *follower = NULL;

	assert_int_equal(writ_follower_open(trail_log, place, start, &follower), 0);
	return follower;
}

static void rotate(struct writ_trail *trail)
{
	trail_settle(trail);
	writ_trail_rotate(trail);
	trail_settle(trail);
}

static void pack(uint64_t number)
{
	const volatile bool stop = false;

	assert_int_equal(writ_pack_segment(trail_log, number, true, &stop), 0);
}

static void lines_as_they_come(void **state)
{
	_cleanup_(writ_follower_closep) struct writ_follower *follower =
		follower_open(NULL, WRIT_FOLLOWER_OLDEST);
	_cleanup_(writ_trail_closep) struct writ_trail *trail = NULL;
	unsigned int next = 0;

	(void)state;
	assert_int_equal(read_on(follower, &next), 0); /* no log yet */
	trail = trail_open(NULL);
	for (unsigned int i = 0; i < 50; i++) {
		trail_put(trail, i * 3, 3);
		trail_settle(trail);
		if (i % 10 == 9)
			rotate(trail);
		(void)read_on(follower, &next);
		assert_int_equal(next, i * 3 + 3);
	}
}

/* A reader that was away while its segment was closed, packed and followed by others. */
static void rotated_and_packed_meanwhile(void **state)
{
	_cleanup_(writ_trail_closep) struct writ_trail *trail = trail_open(NULL);
	_cleanup_(writ_follower_closep) struct writ_follower *follower =
		follower_open(NULL, WRIT_FOLLOWER_OLDEST);
	unsigned int next = 0;

	(void)state;
	trail_put(trail, 0, 10);
	trail_settle(trail);
	(void)read_on(follower, &next);
	trail_put(trail, 10, 10); /* into the segment in hand, behind where the reader is */
	rotate(trail);
	trail_put(trail, 20, 10);
	rotate(trail);
	trail_put(trail, 30, 10);
	rotate(trail);
	pack(0);
	pack(1);
	trail_put(trail, 40, 5);
	trail_settle(trail);
	(void)read_on(follower, &next);
	assert_int_equal(next, 45);
}

/* From the place behind each single line, in the open, in a closed and in a packed segment. */
static void goes_on_behind_every_line(void **state)
{
	_cleanup_(writ_trail_closep) struct writ_trail *trail = trail_open(NULL);
	struct writ_place places[64] = {0};
	unsigned int n = 0, numbers[64] = {0}, next = 0;

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		trail_put(trail, i * 10, 10);
		if (i < 2)
			rotate(trail);
	}
	trail_settle(trail);
	for (int packed = 0; packed < 2; packed++) {
		_cleanup_(writ_follower_closep) struct writ_follower *follower =
			follower_open(NULL, WRIT_FOLLOWER_OLDEST);
		enum writ_followed said;
		const char *line;
		size_t len;

		for (n = 0, next = 0;; n++) {
			assert_int_equal(writ_follower_next(follower, &said, &line, &len), 0);
			if (said == WRIT_FOLLOWED_END)
				break;
			next += memmem(line, len, "\"n\":", 4) != NULL;
			numbers[n] = next;
			assert_int_equal(
				writ_cursor_save(
					trail_directory, "sink",
					(writ_follower_place(follower, &places[n]), &places[n])),
				0);
			assert_int_equal(writ_cursor_load(trail_directory, "sink", &places[n]), 0);
		}
		assert_int_equal(next, 30);
		for (unsigned int i = 0; i < n; i++) {
			_cleanup_(writ_follower_closep) struct writ_follower *again =
				follower_open(&places[i], WRIT_FOLLOWER_OLDEST);

			next = numbers[i];
			assert_int_equal(read_on(again, &next), n - i - 1);
			assert_int_equal(next, 30);
		}
		pack(0);
	}
}

/* What retention removed is told, with numbers, and reading goes on behind it. */
static void removed_segments_are_told(void **state)
{
	_cleanup_(writ_trail_closep) struct writ_trail *trail = trail_open(NULL);
	_cleanup_(writ_follower_closep) struct writ_follower *follower = NULL;
	struct writ_followed_lost lost;
	enum writ_followed said;
	struct writ_place place;
	unsigned int next = 0;
	const char *line;
	size_t len;

	(void)state;
	trail_put(trail, 0, 5);
	trail_settle(trail);
	follower = follower_open(NULL, WRIT_FOLLOWER_OLDEST);
	(void)read_on(follower, &next);
	writ_follower_place(follower, &place);
	writ_follower_close(take_ptr(follower));
	for (unsigned int i = 1; i < 4; i++) {
		rotate(trail);
		trail_put(trail, i * 5, 5);
	}
	rotate(trail);
	trail_put(trail, 20, 5);
	trail_settle(trail);
	assert_int_equal(writ_prune(trail_log, 2), 0);
	follower = follower_open(&place, WRIT_FOLLOWER_OLDEST);
	assert_int_equal(writ_follower_next(follower, &said, &line, &len), 0);
	assert_int_equal(said, WRIT_FOLLOWED_LOST);
	writ_follower_lost(follower, &lost);
	assert_int_equal(lost.first, 0);
	assert_int_equal(lost.last, 2);
	assert_int_equal(lost.segments, 3);
	next = 15;
	(void)read_on(follower, &next);
	assert_int_equal(next, 25);
}

/* A line without its newline is not given out, and is when the rest has come. */
static void a_cut_line_waits(void **state)
{
	_cleanup_(writ_follower_closep) struct writ_follower *follower =
		follower_open(NULL, WRIT_FOLLOWER_OLDEST);
	struct writ_trail *trail = trail_open(NULL);
	_cleanup_free_ char *bytes = NULL;
	unsigned int next = 0, lines;
	size_t len;

	(void)state;
	trail_put(trail, 0, 4);
	trail_settle(trail);
	writ_trail_close(trail);
	bytes = trail_read(trail_log, &len);
	lines = read_on(follower, &next);
	assert_int_equal(next, 4);
	for (size_t cut = 1; cut < 40; cut++) {
		unsigned int again = 0;
		_cleanup_(writ_follower_closep) struct writ_follower *other =
			follower_open(NULL, WRIT_FOLLOWER_OLDEST);

		trail_write(trail_log, bytes, len - cut);
		assert_int_equal(read_on(other, &again), lines - 1);
		trail_write(trail_log, bytes, len);
		assert_int_equal(read_on(other, &again), 1);
	}
}

/* A power cut took the end that was read: the segment is read again, so nothing new is missed. */
static void a_shorter_file_is_read_again(void **state)
{
	_cleanup_(writ_follower_closep) struct writ_follower *follower =
		follower_open(NULL, WRIT_FOLLOWER_OLDEST);
	struct writ_trail *trail = trail_open(NULL);
	_cleanup_free_ char *bytes = NULL;
	enum writ_followed said;
	struct writ_place place;
	unsigned int next = 0;
	const char *line;
	size_t len;

	(void)state;
	trail_put(trail, 0, 4);
	trail_settle(trail);
	writ_trail_close(trail);
	(void)read_on(follower, &next);
	writ_follower_place(follower, &place);
	bytes = trail_read(trail_log, &len);
	trail_write(trail_log, bytes, trail_line(bytes, 4));
	assert_int_equal(writ_follower_next(follower, &said, &line, &len), 0);
	assert_int_equal(said, WRIT_FOLLOWED_AGAIN);
	next = 0;
	(void)read_on(follower, &next);
	assert_int_equal(next, 2);

	/* the same by a cursor whose line is not there any more */
	writ_follower_close(take_ptr(follower));
	follower = follower_open(&place, WRIT_FOLLOWER_OLDEST);
	assert_int_equal(writ_follower_next(follower, &said, &line, &len), 0);
	assert_int_equal(said, WRIT_FOLLOWED_AGAIN);
	next = 0;
	(void)read_on(follower, &next);
	assert_int_equal(next, 2);
}

static void from_now_on(void **state)
{
	_cleanup_(writ_trail_closep) struct writ_trail *trail = trail_open(NULL);
	_cleanup_(writ_follower_closep) struct writ_follower *follower = NULL;
	unsigned int next = 12;

	(void)state;
	trail_put(trail, 0, 6);
	rotate(trail);
	trail_put(trail, 6, 6);
	trail_settle(trail);
	follower = follower_open(NULL, WRIT_FOLLOWER_NEWEST);
	assert_int_equal(read_on(follower, &next), 0);
	trail_put(trail, 12, 2);
	rotate(trail);
	trail_put(trail, 14, 2);
	trail_settle(trail);
	(void)read_on(follower, &next);
	assert_int_equal(next, 16);
}

static void a_cursor_that_is_none(void **state)
{
	static const char *const bad[] = {
		"", "1 2 3\n", "2 1 1 1 00\n", "1 1 1 1 xyz\n",
		"1 1 99999 7 "
		"00000000000000000000000000000000000000000000000000000000000"
		"00000"};
	struct writ_place place;
	char path[128];

	(void)state;
	assert_int_equal(writ_cursor_load(trail_directory, "sink", &place), -ENOENT);
	(void)snprintf(path, sizeof(path), "%s/sink.cursor", trail_directory);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		trail_write(path, bad[i], strlen(bad[i]));
		assert_int_equal(writ_cursor_load(trail_directory, "sink", &place), -EBADMSG);
	}
}

/* What is behind a place, exactly: it is what a reader from there reads. */
static void the_meter_is_exact(void **state)
{
	_cleanup_(writ_trail_closep) struct writ_trail *trail = trail_open(NULL);
	_cleanup_(writ_follower_closep) struct writ_follower *follower = NULL;
	enum writ_followed said = WRIT_FOLLOWED_LINE;
	uint64_t lines, bytes, all = 0, all_bytes = 0;
	struct writ_meter *meter = NULL;
	struct writ_place place = {0};
	const char *line;
	size_t len;

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		trail_put(trail, i * 10, 10);
		rotate(trail);
	}
	assert_int_equal(writ_meter_open(trail_log, 0, &meter), 0);
	assert_int_equal(writ_meter_update(meter), 0);
	writ_meter_behind(meter, &place, &all, &all_bytes);
	assert_true(all > 30);
	follower = follower_open(NULL, WRIT_FOLLOWER_OLDEST);
	while (!writ_follower_next(follower, &said, &line, &len) && said == WRIT_FOLLOWED_LINE) {
		all--;
		all_bytes -= len;
		writ_follower_place(follower, &place);
		writ_meter_behind(meter, &place, &lines, &bytes);
		assert_int_equal(lines, all);
		assert_int_equal(bytes, all_bytes);
	}
	assert_int_equal(all, 0);
	trail_put(trail, 30, 7);
	trail_settle(trail);
	assert_int_equal(writ_meter_update(meter), 0);
	writ_meter_behind(meter, &place, &lines, &bytes);
	assert_int_equal(lines, 7);
	writ_meter_close(meter);
}

#define TRAIL_TEST(name) cmocka_unit_test_setup_teardown(name, trail_set_up, trail_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TRAIL_TEST(lines_as_they_come),
		TRAIL_TEST(rotated_and_packed_meanwhile),
		TRAIL_TEST(goes_on_behind_every_line),
		TRAIL_TEST(removed_segments_are_told),
		TRAIL_TEST(a_cut_line_waits),
		TRAIL_TEST(a_shorter_file_is_read_again),
		TRAIL_TEST(from_now_on),
		TRAIL_TEST(a_cursor_that_is_none),
		TRAIL_TEST(the_meter_is_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
