/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trail/trail.c, steps.c, recover.c: what is put is there, chained and signed, over checkpoints,
 * new segments, restarts and crashes at each step; a disk that fails loses nothing that was taken.
 */
#include "trail_helper.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static void keeps_lines(void **state)
{
	struct writ_trail_found found;
	struct writ_trail *trail = trail_open(&found);

	(void)state;
	assert_true(found.key_made);
	trail_put(trail, 0, 10);
	writ_trail_close(trail);
	trail_assert_whole(1 + 10 + 1); /* the first line, ten, and a checkpoint */
	trail = trail_open(&found);
	assert_false(found.key_made || found.key_lost || found.cut || found.bad_line ||
		     found.bad_seal);
	trail_put(trail, 10, 5);
	writ_trail_close(trail);
	trail_assert_whole(1 + 10 + 1 + 5 + 1);
}

static void an_idle_writer_writes_nothing(void **state)
{
	(void)state;
	writ_trail_close(trail_open(NULL));
	trail_assert_whole(1);
	writ_trail_close(trail_open(NULL));
	trail_assert_whole(1);
}

static void closes_segments(void **state)
{
	struct writ_trail *trail = trail_open(NULL);
	struct writ_verified verdict;

	(void)state;
	for (unsigned int i = 0; i < 5; i++) {
		trail_put(trail, 10 * i, 10);
		writ_trail_rotate(trail);
		trail_settle(trail);
	}
	writ_trail_close(trail);
	trail_verify(&verdict);
	assert_int_equal(verdict.fault, WRIT_VERIFY_NONE);
	assert_int_equal(verdict.segments, 6);
	assert_int_equal(verdict.checkpoints, 5);
	assert_int_equal(verdict.lines, 5 * 12 + 1);
}

static void closes_by_size(void **state)
{
	struct writ_trail *trail;
	struct writ_verified verdict;

	(void)state;
	trail_settings.rotate_bytes = 4096;
	trail = trail_open(NULL);
	for (unsigned int i = 0; i < 100; i++) {
		trail_put(trail, i, 1);
		trail_settle(trail);
	}
	writ_trail_close(trail);
	trail_verify(&verdict);
	assert_int_equal(verdict.fault, WRIT_VERIFY_NONE);
	assert_in_range(verdict.segments, 4, 8);
}

/* A writer that is gone after @commits, without a word. */
static void crash_after(int commits, bool rotate)
{
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		struct writ_trail *trail;

		trail_settings.checkpoint_ns = 0;
		trail = trail_open(NULL);
		trail_put(trail, 0, 3);
		if (rotate)
			writ_trail_rotate(trail);
		for (int i = 0; i < commits; i++) {
			(void)writ_trail_commit(trail, writ_time_boot());
			(void)usleep(2000); /* the disk is done by then, mostly */
		}
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void goes_on_after_each_step(void **state)
{
	(void)state;
	for (int round = 0; round < 60; round++) {
		struct writ_verified verdict;
		struct writ_trail_found found;

		crash_after(round % 10, round % 2);
		writ_trail_close(trail_open(&found));
		assert_false(found.key_lost || found.bad_line || found.bad_seal);
		trail_verify(&verdict);
		if (verdict.fault)
			fail_msg("round %d: %s: %s:%llu: %s", round,
				 writ_verify_word(verdict.fault), verdict.path,
				 (unsigned long long)verdict.line, verdict.detail);
	}
}

/* Killed wherever it is, the disk's thread included. */
static void survives_kill(void **state)
{
	(void)state;
	for (unsigned int round = 0; round < 40; round++) {
		struct writ_trail_found found;
		struct writ_verified verdict;
		pid_t pid = fork();

		if (!pid) {
			struct writ_trail *trail;

			trail_settings.checkpoint_ns = 0;
			trail_settings.rotate_bytes = 2000;
			trail = trail_open(NULL);
			for (unsigned int i = 0;; i++) {
				trail_put(trail, i, 1);
				(void)writ_trail_commit(trail, writ_time_boot());
			}
		}
		(void)usleep(1000 + round * 1511 % 17000);
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
		writ_trail_close(trail_open(&found));
		assert_false(found.key_lost || found.bad_line || found.bad_seal);
		trail_verify(&verdict);
		if (verdict.fault)
			fail_msg("round %u: %s: %s:%llu: %s", round,
				 writ_verify_word(verdict.fault), verdict.path,
				 (unsigned long long)verdict.line, verdict.detail);
	}
}

/* A writer that put five lines and was killed. */
static void leave_five(void)
{
	pid_t pid = fork();

	if (!pid) {
		struct writ_trail *trail = trail_open(NULL);

		trail_put(trail, 0, 5);
		trail_settle(trail);
		_exit(0);
	}
	(void)waitpid(pid, NULL, 0);
}

/* The process, or the machine, is gone with any number of the last line's bytes written. */
static void removes_a_cut_line(void **state)
{
	for (size_t more = 0; more < 60; more += 7) {
		struct writ_trail_found found;
		struct writ_trail *trail;
		size_t len, last;

		(void)trail_tear_down(state);
		(void)trail_set_up(state);
		leave_five();
		char *bytes = trail_read(trail_log, &len);

		last = trail_line(bytes, 6);
		free(bytes);
		assert_int_equal(truncate(trail_log, (off_t)(last + more)), 0);
		trail = trail_open(&found);
		assert_int_equal(found.cut, more);
		assert_false(found.bad_line || found.bad_seal);
		trail_put(trail, 4, 1);
		writ_trail_close(trail);
		trail_assert_whole(1 + 5 + 1);
	}
}

struct seen {
	unsigned int lines;
	size_t bytes;
};

static void see(void *context, const char *line, size_t len)
{
	struct seen *seen = context;

	assert_int_equal(line[len - 1], '\n');
	seen->lines++;
	seen->bytes += len;
}

static void shows_what_is_there(void **state)
{
	struct writ_trail *trail = trail_open(NULL);
	struct writ_trail_found found;
	struct seen seen = {0};
	struct stat status;

	(void)state;
	trail_put(trail, 0, 5);
	writ_trail_close(trail);
	assert_int_equal(writ_trail_open(&trail_settings, see, &seen, &trail, &found), 0);
	assert_int_equal(seen.lines, 7);
	assert_int_equal(stat(trail_log, &status), 0);
	assert_int_equal(seen.bytes, status.st_size);
	writ_trail_close(trail);
}

static void sets_a_changed_segment_aside(void **state)
{
	_cleanup_free_ char *bytes = NULL;
	struct writ_trail *trail = trail_open(NULL);
	struct writ_trail_found found;
	struct writ_verified verdict;
	size_t len;

	(void)state;
	trail_put(trail, 0, 5);
	writ_trail_close(trail);
	bytes = trail_read(trail_log, &len);
	bytes[trail_line(bytes, 4) + 20] ^= 1;
	trail_write(trail_log, bytes, len);
	trail = trail_open(&found);
	assert_int_equal(found.bad_line, 4);
	assert_int_equal(access(found.aside, R_OK), 0);
	trail_put(trail, 5, 1);
	writ_trail_close(trail);
	trail_verify(&verdict); /* what was set aside is missing, and that is said */
	assert_int_equal(verdict.fault, WRIT_VERIFY_SEGMENT);
}

static void notices_an_older_copy(void **state)
{
	_cleanup_free_ char *bytes = NULL;
	struct writ_trail *trail = trail_open(NULL);
	struct writ_trail_found found;
	size_t len;

	(void)state;
	trail_put(trail, 0, 5);
	writ_trail_close(trail);
	bytes = trail_read(trail_log, &len);
	trail = trail_open(NULL);
	trail_put(trail, 5, 5);
	writ_trail_close(trail);
	trail_write(trail_log, bytes, len); /* the log before, with the key of now */
	trail = trail_open(&found);
	assert_true(found.bad_seal);
	writ_trail_close(trail);
}

static void says_that_the_key_is_lost(void **state)
{
	struct writ_trail *trail = trail_open(NULL);
	struct writ_trail_found found;
	struct writ_verified verdict;

	(void)state;
	trail_put(trail, 0, 5);
	writ_trail_close(trail);
	assert_int_equal(unlink(trail_key), 0);
	trail = trail_open(&found);
	assert_true(found.key_lost);
	assert_false(found.key_made);
	trail_put(trail, 5, 5);
	writ_trail_close(trail);
	trail_verify(&verdict);
	assert_int_equal(verdict.fault, WRIT_VERIFY_ANCHOR);
}

static void a_full_disk_loses_nothing_taken(void **state)
{
	const struct rlimit small = {6000, RLIM_INFINITY}, large = {RLIM_INFINITY, RLIM_INFINITY};
	struct writ_trail *trail = trail_open(NULL);
	struct writ_trail_at at;
	unsigned int taken = 0;
	char line[1024];
	int err;

	(void)state;
	trail_settle(trail);
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	(void)snprintf(line, sizeof(line), "{\"x\":\"%0900d\"}\n", 0);
	while (!(err = writ_trail_put(trail, line, strlen(line))))
		taken++;
	assert_int_equal(err, -ENOBUFS);
	assert_true(taken > 3000);
	assert_int_equal(writ_trail_commit(trail, writ_time_boot()), -EFBIG);
	writ_trail_where(trail, &at);
	assert_int_equal(at.error, -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &large), 0);
	trail_settle(trail);
	writ_trail_close(trail);
	trail_assert_whole(1 + taken + 1);
}

/* For metrics: signed and on the disk, not just put. */
static void counts_checkpoints(void **state)
{
	struct writ_trail *trail = trail_open(NULL);
	struct writ_trail_at at;
	uint64_t before = writ_time_boot();

	(void)state;
	writ_trail_where(trail, &at);
	assert_int_equal(at.checkpoints, 0);
	assert_int_equal(at.checkpoint_ns, 0);
	trail_put(trail, 1, 3);
	writ_trail_rotate(trail);
	trail_settle(trail);
	writ_trail_where(trail, &at);
	assert_int_equal(at.checkpoints, 1);
	assert_true(at.checkpoint_ns >= before && at.checkpoint_ns <= writ_time_boot());
	assert_true(at.written > 0);
	trail_put(trail, 4, 3);
	writ_trail_rotate(trail);
	trail_settle(trail);
	writ_trail_where(trail, &at);
	assert_int_equal(at.checkpoints, 2);
	writ_trail_close(trail);
}

/* The key's file takes nothing, the log does: lines are not held back. */
static void goes_on_unsigned(void **state)
{
	const struct rlimit small = {4096, RLIM_INFINITY}, large = {RLIM_INFINITY, RLIM_INFINITY};
	struct writ_trail *trail = trail_open(NULL);
	struct writ_trail_settings often = trail_settings;
	struct writ_trail_at at;

	(void)state;
	trail_settle(trail);
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	often.checkpoint_ns = 0;
	writ_trail_configure(trail, &often);
	trail_put(trail, 0, 1);
	do { /* one of the key's two places is beyond the limit */
		assert_int_equal(writ_trail_commit(trail, writ_time_boot()), 0);
		(void)usleep(100);
		writ_trail_where(trail, &at);
		if (!at.busy)
			trail_put(trail, 1, 1);
	} while (!at.trouble);
	assert_int_equal(at.trouble, -EFBIG);
	assert_int_equal(at.waiting, 0);
	trail_put(trail, 2, 1);
	assert_int_equal(writ_trail_commit(trail, writ_time_boot()), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &large), 0);
	trail_settle(trail);
	writ_trail_where(trail, &at);
	assert_int_equal(at.trouble, 0);
	writ_trail_close(trail);
	trail_assert_whole(at.lines + (at.behind > 0));
}

static void goes_on_when_its_file_is_taken_away(void **state)
{
	struct writ_trail *trail = trail_open(NULL);
	struct writ_verified verdict;
	char away[128], closed[WRIT_SEGMENT_PATH_SIZE];

	(void)state;
	trail_put(trail, 0, 5);
	trail_settle(trail);
	(void)snprintf(away, sizeof(away), "%s/taken", trail_directory);
	assert_int_equal(rename(trail_log, away), 0);
	trail_write(trail_log, "x\n", 2);
	trail_settle(trail);
	trail_put(trail, 5, 5);
	writ_trail_close(trail);
	trail_verify(&verdict);
	assert_int_equal(verdict.fault, WRIT_VERIFY_SEGMENT);
	/* whoever took it can bring it back */
	assert_int_equal(writ_segment_path(trail_log, 0, false, closed), 0);
	assert_int_equal(rename(away, closed), 0);
	trail_assert_whole(1 + 5 + 1 + 1 + 5 + 1);
}

static void refuses_what_is_no_file(void **state)
{
	struct writ_trail_found found;
	struct writ_trail *trail;

	(void)state;
	assert_int_equal(mkdir(trail_log, 0700), 0);
	assert_int_equal(writ_trail_open(&trail_settings, NULL, NULL, &trail, &found), -EINVAL);
	assert_int_equal(rmdir(trail_log), 0);
	assert_int_equal(symlink("/etc/passwd", trail_log), 0);
	assert_int_equal(writ_trail_open(&trail_settings, NULL, NULL, &trail, &found), -ELOOP);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, trail_set_up, trail_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keeps_lines),
		TEST(an_idle_writer_writes_nothing),
		TEST(closes_segments),
		TEST(closes_by_size),
		TEST(goes_on_after_each_step),
		TEST(survives_kill),
		TEST(removes_a_cut_line),
		TEST(shows_what_is_there),
		TEST(sets_a_changed_segment_aside),
		TEST(notices_an_older_copy),
		TEST(says_that_the_key_is_lost),
		TEST(a_full_disk_loses_nothing_taken),
		TEST(goes_on_unsigned),
		TEST(counts_checkpoints),
		TEST(goes_on_when_its_file_is_taken_away),
		TEST(refuses_what_is_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
