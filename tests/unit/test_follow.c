/* SPDX-License-Identifier: Apache-2.0 */
/* cli/follow.c: the last lines, growth, rotation, cut and very long lines. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/follow.h"

static char path[] = "/tmp/writ-follow-XXXXXX";
static char other[64];
static struct writ_follow *follow;

static void write_to(const char *name, int flags, const char *text, size_t len)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	(void)close(fd);
}

static void replace(const char *text)
{
	write_to(path, O_TRUNC, text, strlen(text));
}

static void append(const char *text)
{
	write_to(path, O_APPEND, text, strlen(text));
}

static int set_up(void **state)
{
	int fd;

	(void)state;
	(void)strcpy(path, "/tmp/writ-follow-XXXXXX");
	fd = mkstemp(path);
	if (fd < 0)
		return -1;
	(void)snprintf(other, sizeof(other), "%s.1", path);
	return close(fd);
}

static int tear_down(void **state)
{
	(void)state;
	writ_follow_close(follow);
	follow = NULL;
	(void)unlink(other);
	return unlink(path);
}

static void open_at(uint64_t n)
{
	writ_follow_close(follow);
	follow = NULL;
	assert_int_equal(writ_follow_open(path, n, &follow), 0);
}

static void expect(const char *text, bool cut)
{
	struct writ_line line;

	assert_int_equal(writ_follow_next(follow, cut, &line), 1);
	assert_string_equal(line.text, text);
	assert_int_equal(line.len, strlen(text));
	assert_int_equal(line.cut, cut);
}

static void expect_end(bool last)
{
	struct writ_line line;

	assert_int_equal(writ_follow_next(follow, last, &line), 0);
}

static void test_last_lines(void **state)
{
	(void)state;
	replace("a\nb\n\nd\n");
	open_at(2);
	expect("", false);
	expect("d", false);
	expect_end(true);
	open_at(100);
	expect("a", false);
	open_at(4);
	expect("a", false);
	open_at(0);
	expect_end(true);
	replace("");
	open_at(5);
	expect_end(true);
}

static void test_across_blocks(void **state)
{
	char number[32];

	(void)state;
	replace("");
	for (int i = 0; i < 20000; i++) {
		(void)snprintf(number, sizeof(number), "line %d\n", i);
		append(number);
	}
	open_at(15000);
	for (int i = 5000; i < 20000; i++) {
		(void)snprintf(number, sizeof(number), "line %d", i);
		expect(number, false);
	}
	expect_end(true);
}

static void test_growth(void **state)
{
	(void)state;
	replace("a\nhal");
	open_at(10);
	expect("a", false);
	expect_end(false); /* waits for the rest of the line */
	append("f\nc\n");
	expect("half", false);
	expect("c", false);
	append("cut");
	expect_end(false);
	expect("cut", true);
	expect_end(true);
}

static void test_rotation(void **state)
{
	(void)state;
	replace("a\n");
	open_at(10);
	expect("a", false);
	expect_end(false);
	assert_int_equal(writ_follow_over(follow), 0);
	append("b\n");
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(writ_follow_over(follow), 0); /* no new file yet */
	replace("c\n");
	assert_int_equal(writ_follow_over(follow), 0); /* "b" comes first */
	expect("b", false);
	expect_end(false);
	assert_int_equal(writ_follow_over(follow), 1);
	assert_int_equal(writ_follow_reopen(follow), 0);
	expect("c", false);
}

static void test_cut_short(void **state)
{
	(void)state;
	replace("a long line\n");
	open_at(10);
	expect("a long line", false);
	expect_end(false);
	replace("b\n");
	assert_int_equal(writ_follow_over(follow), 1);
	assert_int_equal(writ_follow_reopen(follow), 0);
	expect("b", false);
}

static void test_longest_line(void **state)
{
	static char text[3 * WRIT_FOLLOW_LINE_MAX];
	struct writ_line line;
	size_t total = 0;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[WRIT_FOLLOW_LINE_MAX - 1] = '\n';
	write_to(path, O_TRUNC, text, WRIT_FOLLOW_LINE_MAX);
	open_at(1);
	assert_int_equal(writ_follow_next(follow, true, &line), 1);
	assert_false(line.cut);
	assert_int_equal(line.len, WRIT_FOLLOW_LINE_MAX - 1);
	text[WRIT_FOLLOW_LINE_MAX - 1] = 'x';
	text[sizeof(text) - 1] = '\n';
	write_to(path, O_TRUNC, text, sizeof(text));
	append("next\n");
	open_at(2);
	do {
		assert_int_equal(writ_follow_next(follow, true, &line), 1);
		total += line.len;
	} while (line.cut);
	assert_int_equal(total, sizeof(text) - 1);
	expect("next", false);
}

static void test_numbers(void **state)
{
	(void)state;
	replace("a\nb\nc\n");
	open_at(1);
	assert_int_equal(writ_follow_number(follow, 4), 3);
	assert_int_equal(writ_follow_number(follow, 0), 1);
	assert_int_equal(writ_follow_number(follow, 2), 2);
}

static void test_refused(void **state)
{
	struct writ_follow *none = NULL;

	(void)state;
	assert_int_equal(writ_follow_open("/nonexistent", 1, &none), -ENOENT);
	assert_int_equal(writ_follow_open("/tmp", 1, &none), -EINVAL);
	assert_null(none);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_last_lines), TEST(test_across_blocks), TEST(test_growth),
		TEST(test_rotation),   TEST(test_cut_short),	 TEST(test_longest_line),
		TEST(test_numbers),    TEST(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
