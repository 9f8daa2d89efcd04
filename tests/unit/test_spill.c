/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trail/spill.c: the log's file system is a small one that is really full. Lines go to another one
 * meanwhile, and come back: the chain is one, whoever is killed whenever. Without a right to mount,
 * the cases are left out.
 */
#include "trail_helper.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "trail/spill.h"

#define PUT_MAX 4000u

static char spill_directory[64], spill_path[128], ballast[128];
static unsigned int put_lines; /* so far */

static bool may_mount(void)
{
	if (unshare(CLONE_NEWNS) && unshare(CLONE_NEWUSER | CLONE_NEWNS))
		return false;
	return !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

static int set_up(void **state)
{
	put_lines = 0;
	if (trail_set_up(state))
		return -1;
	if (mount("none", trail_directory, "tmpfs", 0, "size=1m"))
		return -1;
	(void)strcpy(spill_directory, "/tmp/writ-spill-XXXXXX");
	if (!mkdtemp(spill_directory))
		return -1;
	(void)snprintf(spill_path, sizeof(spill_path), "%s/spill", spill_directory);
	(void)snprintf(ballast, sizeof(ballast), "%s/ballast", trail_directory);
	trail_settings.spill = spill_path;
	trail_settings.spill_bytes = 1 << 20;
	return 0;
}

static int tear_down(void **state)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf %s", spill_directory);
	return umount(trail_directory) | system(command) | trail_tear_down(state);
}

/* Nothing fits any more, but for what the last pages of files have left. */
static void fill_disk(void)
{
	static const char bytes[4096] = "";
	_cleanup_close_ int fd = open(ballast, O_WRONLY | O_CREAT | O_APPEND, 0600);

	assert_true(fd >= 0);
	while (write(fd, bytes, sizeof(bytes)) > 0)
		;
	assert_int_equal(errno, ENOSPC);
}

static void free_disk(void)
{
	assert_int_equal(unlink(ballast), 0);
}

static struct writ_trail_at where(const struct writ_trail *trail)
{
	struct writ_trail_at at;

	writ_trail_where(trail, &at);
	return at;
}

/* A few at a time, as the ring's batches are; each commit is @err. */
static void put(struct writ_trail *trail, unsigned int n, int err)
{
	for (unsigned int i = 0; i < n; i += 10) {
		trail_put(trail, put_lines, 10);
		put_lines += 10;
		assert_int_equal(writ_trail_commit(trail, writ_time_boot()), err);
	}
}

/* Until lines are spilled; the page that the segment has begun is filled first. */
static void put_until_spilled(struct writ_trail *trail)
{
	while (!where(trail).spilling) {
		assert_true(put_lines < PUT_MAX);
		put(trail, 10, 0);
	}
	assert_int_equal(where(trail).spilling, -ENOSPC);
}

static bool is_there(void)
{
	return !access(spill_path, F_OK);
}

/* All that was put, the first line, and @others; each once and in order, for the chain holds. */
static void assert_all(unsigned int others)
{
	struct writ_segment *segments = NULL;
	unsigned int next = 0;
	size_t n = 0;

	trail_assert_whole(1 + put_lines + others);
	assert_int_equal(writ_segments_list(trail_log, &segments, &n), 0);
	for (size_t i = 0; i < n; i++) {
		size_t len;
		char *bytes = trail_read(segments[i].path, &len), *at = bytes;

		while ((at = strstr(at, "\"n\":"))) {
			at += 4;
			assert_int_equal(strtoul(at, NULL, 10), next++);
		}
		free(bytes);
	}
	writ_segments_free(segments, n);
	assert_int_equal(next, put_lines);
}

static void lines_go_on_and_come_back(void **state)
{
	struct writ_trail *trail = trail_open(NULL);

	(void)state;
	put(trail, 50, 0);
	fill_disk();
	put_until_spilled(trail);
	put(trail, 500, 0); /* all of them are taken */
	assert_int_equal(where(trail).waiting, 0);
	assert_true(where(trail).spilled > 500 * 100);
	free_disk();
	put(trail, 20, 0);
	trail_settle(trail);
	assert_int_equal(where(trail).spilled, 0);
	assert_int_equal(where(trail).spilling, 0);
	assert_false(is_there());
	writ_trail_close(trail);
	assert_all(1);
}

static void again_and_again(void **state)
{
	struct writ_trail *trail = trail_open(NULL);

	(void)state;
	for (int i = 0; i < 5; i++) {
		fill_disk();
		put_until_spilled(trail);
		put(trail, 50, 0);
		free_disk();
		put(trail, 70, 0);
		trail_settle(trail);
		assert_false(is_there());
	}
	writ_trail_close(trail);
	assert_all(1);
}

/* As much as policy allows; what comes then waits, and comes as well when there is room. */
static void it_has_a_size(void **state)
{
	struct writ_trail *trail;

	(void)state;
	trail_settings.spill_bytes = 64 << 10;
	trail = trail_open(NULL);
	fill_disk();
	put_until_spilled(trail);
	while (!where(trail).error) {
		assert_true(put_lines < PUT_MAX);
		trail_put(trail, put_lines, 10);
		put_lines += 10;
		(void)writ_trail_commit(trail, writ_time_boot());
	}
	assert_int_equal(where(trail).error, -ENOSPC);
	assert_in_range(where(trail).spilled, (64 << 10) - 4096, 64 << 10);
	assert_true(where(trail).waiting > 0);
	put(trail, 50, -ENOSPC);
	free_disk();
	trail_settle(trail);
	assert_false(is_there());
	writ_trail_close(trail);
	assert_all(1);
}

/* No spill, or one that can't be made: as if there were none. */
static void its_disk_fails_too(void **state)
{
	struct writ_trail *trail = trail_open(NULL);

	(void)state;
	assert_int_equal(rmdir(spill_directory), 0);
	fill_disk();
	while (!where(trail).error) {
		assert_true(put_lines < PUT_MAX);
		trail_put(trail, put_lines, 10);
		put_lines += 10;
		(void)writ_trail_commit(trail, writ_time_boot());
	}
	assert_int_equal(where(trail).error, -ENOSPC);
	assert_int_equal(where(trail).spilling, 0);
	free_disk();
	assert_int_equal(writ_trail_commit(trail, writ_time_boot()), 0);
	writ_trail_close(trail);
	assert_all(1);
}

/* What is signed and closed waits until the lines are where they belong. */
static void rotation_waits(void **state)
{
	struct writ_trail *trail = trail_open(NULL);

	(void)state;
	fill_disk();
	put_until_spilled(trail);
	writ_trail_rotate(trail);
	put(trail, 50, 0);
	assert_int_equal(where(trail).segment, 0);
	free_disk();
	trail_settle(trail);
	assert_int_equal(where(trail).segment, 1);
	assert_false(is_there());
	writ_trail_close(trail);
	assert_all(2); /* the last checkpoint of one, the first line of the other */
}

static void count_line(void *context, const char *line, size_t len)
{
	*(unsigned int *)context += !!memmem(line, len, "\"n\":", 4);
}

static void reopen(struct writ_trail **ret, struct writ_trail_found *found)
{
	unsigned int n = 0;

	assert_int_equal(writ_trail_open(&trail_settings, count_line, &n, ret, found), 0);
	assert_int_equal(n, put_lines);
}

/* A writer that spills @n lines and is gone. */
static void crash_spilling(unsigned int n)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		struct writ_trail *trail = trail_open(NULL);

		fill_disk();
		put_until_spilled(trail);
		put(trail, n, 0);
		_exit((int)(put_lines / 10));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	put_lines = 10 * (unsigned int)WEXITSTATUS(status);
	assert_true(is_there());
}

/* The next one finds the disk as full, sees all lines, and goes on where the last one was. */
static void goes_on_with_a_spill(void **state)
{
	struct writ_trail_found found;
	struct writ_trail *trail;

	(void)state;
	crash_spilling(300);
	reopen(&trail, &found);
	assert_false(found.bad_line || found.bad_seal || found.bad_spill);
	assert_int_equal(where(trail).returned, 0);
	put(trail, 100, 0);
	assert_int_equal(where(trail).waiting, 0);
	assert_true(where(trail).spilled > 0);
	free_disk();
	trail_settle(trail);
	assert_int_equal(where(trail).returned, 1); /* whoever began it */
	writ_trail_close(trail);
	assert_false(is_there());
	assert_all(1);
}

/* Policy has no spill any more: what is there comes back, and nothing new goes there. */
static void one_that_is_not_wanted_any_more(void **state)
{
	struct writ_trail_found found;
	struct writ_trail *trail;

	(void)state;
	crash_spilling(50);
	trail_settings.spill_bytes = 0;
	reopen(&trail, &found);
	trail_put(trail, put_lines, 10);
	put_lines += 10;
	assert_int_equal(writ_trail_commit(trail, writ_time_boot()), -ENOSPC);
	free_disk();
	writ_trail_close(trail);
	assert_false(is_there());
	assert_all(1);
}

static void assert_no_fault(void)
{
	struct writ_verified verdict;

	trail_verify(&verdict);
	if (verdict.fault)
		fail_msg("%s: %s:%llu: %s", writ_verify_word(verdict.fault), verdict.path,
			 (unsigned long long)verdict.line, verdict.detail);
}

static void begin_anew(void)
{
	char command[160];

	(void)snprintf(command, sizeof(command), "rm -rf %s/* %s/*", trail_directory,
		       spill_directory);
	assert_int_equal(system(command), 0);
	put_lines = 0;
}

/* Part of a line at the end is a crash's, and its record comes again. */
static void cut_at_many_bytes(void **state)
{
	(void)state;
	for (unsigned int round = 0; round < 40; round++) {
		struct writ_trail_found found;
		struct stat status;
		off_t size;

		crash_spilling(20);
		assert_int_equal(stat(spill_path, &status), 0);
		size = status.st_size - 61 * round;
		assert_int_equal(truncate(spill_path, size < 0 ? 0 : size), 0);
		free_disk();
		writ_trail_close(trail_open(&found));
		assert_false(found.bad_line || found.bad_seal || found.bad_spill);
		assert_false(is_there());
		assert_no_fault();
		begin_anew();
	}
}

static int descriptor_of(const char *path)
{
	struct stat wanted, found;
	int fd = 3;

	if (stat(path, &wanted))
		return -1;
	while (fd < 64 && (fstat(fd, &found) || found.st_ino != wanted.st_ino ||
			   found.st_dev != wanted.st_dev))
		fd++;
	return fd;
}

/* From now on the kernel refuses to write to the file of @path, with @err. */
static int refuse_writes(const char *path, int err)
{
	const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_write, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)descriptor_of(path), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned int)err),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {sizeof(code) / sizeof(code[0]),
					   (struct sock_filter *)(uintptr_t)code};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* A process whose log fails with @err after 50 lines; 100 more come. Its exit status. */
static int write_and_fail(int err)
{
	struct writ_trail *trail = trail_open(NULL);
	int failed = 0;

	for (unsigned int i = 0; i < 150; i += 10) {
		if (i == 50)
			failed |= refuse_writes(trail_log, err);
		trail_put(trail, i, 10);
		failed |= writ_trail_commit(trail, writ_time_boot());
	}
	return failed || where(trail).spilling != -err;
}

/* The disk does not only get full: it breaks, or becomes read-only under the open log. */
static void whatever_the_error_is(void **state)
{
	static const int errors[] = {EIO, EROFS, EDQUOT};

	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct writ_trail_found found;
		struct writ_trail *trail;
		pid_t pid = fork();
		int status;

		if (!pid)
			_exit(write_and_fail(errors[i]));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
		assert_true(is_there());
		put_lines = 150;
		trail = trail_open(&found);
		assert_false(found.bad_line || found.bad_seal || found.bad_spill);
		trail_settle(trail);
		writ_trail_close(trail);
		assert_false(is_there());
		assert_all(1);
		begin_anew();
	}
}

/* Killed wherever it is, while the disk is now full and now not. */
static void survives_kill(void **state)
{
	struct writ_trail_found found;
	unsigned int seen = 0;

	(void)state;
	trail_settings.checkpoint_ns = 0;
	trail_settings.rotate_bytes = 20000;
	for (unsigned int round = 0; round < 60; round++) {
		pid_t pid = fork();
		struct writ_trail *trail;
		int status;

		if (!pid) {
			trail = trail_open(NULL);
			for (unsigned int i = 0;; i++) {
				if (i % 16 == 3)
					fill_disk();
				else if (i % 16 == 11)
					(void)unlink(ballast);
				trail_put(trail, 10 * i, 10);
				(void)writ_trail_commit(trail, writ_time_boot());
				(void)usleep(100); /* its disk is small */
			}
		}
		(void)usleep(2000 + round * 1511 % 17000);
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		(void)unlink(ballast);
		seen += is_there();
		trail = trail_open(&found);
		if (found.key_lost || found.bad_line || found.bad_seal || found.bad_spill)
			fail_msg("round %u: key %d, line %llu, seal %d, spill %d: %s", round,
				 found.key_lost, (unsigned long long)found.bad_line,
				 found.bad_seal, found.bad_spill, found.aside);
		trail_settle(trail);
		assert_int_equal(where(trail).spilled, 0);
		writ_trail_close(trail);
		assert_false(is_there());
		assert_no_fault();
		if (round % 10 == 9)
			begin_anew();
	}
	assert_true(seen > 5);
}

/* One bit of it is another: it is kept as it is, and the log is whole without it. */
static void one_that_was_changed_is_set_aside(void **state)
{
	struct writ_trail_found found;
	char byte;
	int fd;

	(void)state;
	crash_spilling(20);
	fd = open(spill_path, O_RDWR);
	assert_int_equal(pread(fd, &byte, 1, WRIT_SPILL_HEADER + 300), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, WRIT_SPILL_HEADER + 300), 1);
	(void)close(fd);
	free_disk();
	writ_trail_close(trail_open(&found));
	assert_true(found.bad_spill);
	assert_false(is_there());
	assert_int_equal(access(found.aside, F_OK), 0);
	assert_no_fault();
}

/* It belongs to a log that is not here. */
static void one_of_another_log_is_set_aside(void **state)
{
	struct writ_trail_found found;

	(void)state;
	crash_spilling(20);
	free_disk();
	assert_int_equal(unlink(trail_log), 0);
	writ_trail_close(trail_open(&found));
	assert_true(found.bad_spill);
	assert_false(is_there());
	assert_int_equal(access(found.aside, F_OK), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void may_not_mount(void **state)
{
	(void)state;
	skip();
}

int main(void)
{
	const struct CMUnitTest none[] = {cmocka_unit_test(may_not_mount)};
	const struct CMUnitTest tests[] = {
		CASE(lines_go_on_and_come_back),
		CASE(again_and_again),
		CASE(it_has_a_size),
		CASE(its_disk_fails_too),
		CASE(rotation_waits),
		CASE(goes_on_with_a_spill),
		CASE(whatever_the_error_is),
		CASE(one_that_is_not_wanted_any_more),
		CASE(cut_at_many_bytes),
		CASE(survives_kill),
		CASE(one_that_was_changed_is_set_aside),
		CASE(one_of_another_log_is_set_aside),
	};

	if (!may_mount())
		return cmocka_run_group_tests(none, NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
