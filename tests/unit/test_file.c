/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit/file.c: crash, rotation, what is refused, and a disk that fails (a file size limit stands
 * in for it: it gives a short write first, then an error, like a full disk).
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "audit/file.h"
#include "lib/cleanup.h"

static char directory[64];
static char path[128];

static int set_up(void **state)
{
	(void)state;
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)strcpy(directory, "/tmp/writ-file-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/log/audit.jsonl", directory);
	return 0;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", directory);
	return system(command);
}

static struct writ_file *open_log(void)
{
	struct writ_file *file = NULL;

	assert_int_equal(writ_file_open(path, &file), 0);
	return file;
}

static void put(struct writ_file *file, const char *line)
{
	assert_int_equal(writ_file_put(file, line, strlen(line)), 0);
}

static char *contents(const char *name)
{
	_cleanup_fclose_ FILE *file = fopen(name, "re");
	char *text = calloc(1, 4u << 20);

	assert_non_null(file);
	assert_non_null(text);
	(void)!fread(text, 1, (4u << 20) - 1, file);
	return text;
}

static void check(const char *name, const char *expected)
{
	_cleanup_free_ char *text = contents(name);

	assert_string_equal(text, expected);
}

static void write_before(const char *text)
{
	_cleanup_fclose_ FILE *file = NULL;
	struct writ_file *made = open_log(); /* makes the directory */

	writ_file_close(made);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
}

static void test_modes_and_append(void **state)
{
	mode_t mask = umask(022);
	struct writ_file *file = open_log();
	struct stat found;

	(void)state;
	(void)umask(mask);
	put(file, "one\n");
	check(path, ""); /* waits for a flush */
	assert_int_equal(writ_file_flush(file), 0);
	check(path, "one\n");
	put(file, "two\n");
	writ_file_close(file);
	file = open_log();
	put(file, "three\n");
	assert_int_equal(writ_file_take_cut(file), 0);
	writ_file_close(file);
	check(path, "one\ntwo\nthree\n");
	assert_int_equal(stat(path, &found), 0);
	assert_int_equal(found.st_mode & 07777, 0640);
	*strrchr(path, '/') = '\0';
	assert_int_equal(stat(path, &found), 0);
	assert_int_equal(found.st_mode & 07777, 0750);
}

static void test_cut_line_is_ended(void **state)
{
	struct writ_file *file = NULL;

	(void)state;
	write_before("whole\n{\"cut");
	file = open_log();
	assert_int_equal(writ_file_take_cut(file), 1);
	assert_int_equal(writ_file_take_cut(file), 0);
	put(file, "next\n");
	writ_file_close(file);
	check(path, "whole\n{\"cut\nnext\n");
}

static void test_rotation(void **state)
{
	struct writ_file *file = open_log();
	char old[160];

	(void)state;
	(void)snprintf(old, sizeof(old), "%s.1", path);
	put(file, "one\n");
	assert_int_equal(writ_file_flush(file), 0);
	assert_int_equal(rename(path, old), 0);
	put(file, "two\n");
	assert_int_equal(writ_file_flush(file), 0);
	check(old, "one\n");
	check(path, "two\n");
	assert_int_equal(unlink(path), 0);
	put(file, "three\n");
	writ_file_close(file);
	check(path, "three\n");
}

static void test_refused(void **state)
{
	struct writ_file *file = open_log();
	char target[160];

	(void)state;
	writ_file_close(file);
	file = NULL;
	(void)snprintf(target, sizeof(target), "%s/target", directory);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(writ_file_open(path, &file), -ELOOP);
	assert_int_equal(access(target, F_OK), -1);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(writ_file_open(path, &file), -EINVAL);
	assert_int_equal(writ_file_open("/dev/full", &file), -EINVAL);
	assert_int_equal(writ_file_open(directory, &file), -EISDIR);
	assert_int_equal(writ_file_open("/nonexistent/writ/audit.jsonl", &file), -ENOENT);
	assert_null(file);
}

static void test_path_limit(void **state)
{
	char name[WRIT_FILE_PATH_SIZE + 1];
	struct writ_file *file = NULL;

	(void)state;
	memset(name, 'a', sizeof(name));
	name[WRIT_FILE_PATH_SIZE] = '\0';
	assert_int_equal(writ_file_open(name, &file), -ENAMETOOLONG);
}

static void limit_size(rlim_t size)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The third line is half in the file when the disk is full; it must not end torn. */
static void test_full_disk_then_room(void **state)
{
	struct writ_file *file = open_log();

	(void)state;
	put(file, "aaaaaaaaa\nbbbbbbbbb\nccccccccc\n");
	limit_size(25);
	assert_int_equal(writ_file_flush(file), -EFBIG);
	assert_int_equal(writ_file_flush(file), -EFBIG);
	check(path, "aaaaaaaaa\nbbbbbbbbb\nccccc");
	put(file, "ddddddddd\n");
	limit_size(RLIM_INFINITY);
	assert_int_equal(writ_file_flush(file), 0);
	check(path, "aaaaaaaaa\nbbbbbbbbb\nccccccccc\nddddddddd\n");
	writ_file_close(file);
}

static void test_rotation_in_mid_line(void **state)
{
	struct writ_file *file = open_log();
	char old[160];

	(void)state;
	(void)snprintf(old, sizeof(old), "%s.1", path);
	put(file, "aaaaaaaaa\nbbbbbbbbb\n");
	limit_size(15);
	assert_int_equal(writ_file_flush(file), -EFBIG);
	limit_size(RLIM_INFINITY);
	assert_int_equal(rename(path, old), 0);
	assert_int_equal(writ_file_flush(file), 0);
	check(path, "bbbbbbbbb\n"); /* whole, in the new file */
	writ_file_close(file);
}

static void test_buffer_limit(void **state)
{
	struct writ_file *file = open_log();
	static char line[4096];
	size_t taken = 0;
	struct stat found;

	(void)state;
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	limit_size(0);
	while (!writ_file_put(file, line, sizeof(line)))
		taken++;
	assert_int_equal(taken, WRIT_FILE_BUFFER_SIZE / sizeof(line)); /* exactly to the limit */
	assert_int_equal(writ_file_put(file, line, 1), -ENOBUFS);
	limit_size(RLIM_INFINITY);
	assert_int_equal(writ_file_flush(file), 0);
	assert_int_equal(stat(path, &found), 0);
	assert_int_equal(found.st_size, WRIT_FILE_BUFFER_SIZE);
	assert_int_equal(writ_file_put(file, line, sizeof(line)), 0);
	writ_file_close(file);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_modes_and_append),
		TEST(test_cut_line_is_ended),
		TEST(test_rotation),
		TEST(test_refused),
		TEST(test_path_limit),
		TEST(test_full_disk_then_room),
		TEST(test_rotation_in_mid_line),
		TEST(test_buffer_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
