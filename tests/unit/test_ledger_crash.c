/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger through a crash at every write: a child lives the script and kills itself at the n-th
 * operation on a file, for every n. What is then in the file must be what was there after the last
 * step that returned, or after the one that was under way: nothing less, nothing between.
 */
#include "ledger_helper.h"
#include "fault_vfs.h"
#include "lib/log.h"

#include <sys/mman.h>
#include <sys/wait.h>

/* The script makes some 200 pages of journal: moved into the file every so many. */
#define CHECKPOINT_PAGES 40

/* Under sanitizers each life takes ten times as long: there every seventh operation, plain all. */
#ifdef __SANITIZE_ADDRESS__
#define STRIDE 7
#else
#define STRIDE 1
#endif

static char *dumps[N_STEPS + 1]; /* the ledger after so many steps */
static char empty_path[128];	 /* a ledger without a request, to begin from */
static long *done;		 /* shared with the child: steps that have returned */

static void copy_file(const char *from, const char *to)
{
	static char bytes[1 << 20];
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n;

	assert_true(in >= 0 && out >= 0);
	while ((n = read(in, bytes, sizeof(bytes))) > 0)
		assert_int_equal(write(out, bytes, (size_t)n), n);
	assert_int_equal(n, 0);
	assert_int_equal(close(in), 0);
	assert_int_equal(close(out), 0);
}

static void checkpoint_often(struct writ_ledger *ledger)
{
	assert_int_equal(sqlite3_wal_autocheckpoint(ledger->db, CHECKPOINT_PAGES), 0);
}

static int set_up(void **state)
{
	struct writ_ledger *ledger;

	(void)make_directory(state);
	assert_int_equal(fault_install(), 0);
	done = mmap(NULL, sizeof(*done), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(done != MAP_FAILED);
	ledger = open_ledger_of(BOOT);
	writ_ledger_close(ledger);
	(void)snprintf(empty_path, sizeof(empty_path), "%s/empty", directory);
	copy_file(ledger_path, empty_path);
	ledger = open_ledger_of(BOOT);
	for (size_t i = 0; i <= N_STEPS; i++) {
		dumps[i] = dump(ledger->db);
		assert_int_equal(i < N_STEPS ? take_step(ledger, i) : 0, 0);
	}
	writ_ledger_close(ledger);
	return 0;
}

static int tear_down(void **state)
{
	for (size_t i = 0; i <= N_STEPS; i++)
		free(dumps[i]);
	(void)munmap(done, sizeof(*done));
	(void)unlink(empty_path);
	return remove_directory(state);
}

/* In the child: ends with 0 if it comes to the end of the script. */
static void live_and_die(enum fault what, long at, bool from_nothing)
{
	struct writ_ledger *ledger = NULL;

	if (from_nothing)
		fault_set(what, at);
	if (writ_ledger_open(ledger_path, BOOT, &ledger))
		_exit(2);
	(void)sqlite3_wal_autocheckpoint(ledger->db, CHECKPOINT_PAGES);
	if (!from_nothing)
		fault_set(what, at);
	for (size_t i = 0; i < N_STEPS && !from_nothing; i++) {
		if (take_step(ledger, i))
			_exit(3);
		*done = (long)i + 1;
	}
	writ_ledger_close(ledger);
	_exit(0);
}

/* Was it killed? */
static bool run_child(enum fault what, long at, bool from_nothing)
{
	int status;
	pid_t pid;

	*done = 0;
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		live_and_die(what, at, from_nothing);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status))
		assert_int_equal(WEXITSTATUS(status), 0);
	else
		assert_int_equal(WTERMSIG(status), SIGKILL);
	return WIFSIGNALED(status);
}

static void count_unsettled(void *context, const struct writ_ledger_request *row)
{
	assert_int_equal(row->state, WRIT_REQUEST_STATE_ISSUING);
	++*(int64_t *)context;
}

static void check_live_counts(struct writ_ledger *ledger)
{
	assert_int_equal(number_of(ledger->db, "SELECT ifnull((SELECT grants FROM live), 0)"),
			 number_of(ledger->db, "SELECT count(*) FROM grants WHERE ended_at = 0"));
	assert_int_equal(number_of(ledger->db, "SELECT ifnull(sum(expires_at), 0) FROM live_ends"),
			 number_of(ledger->db, "SELECT ifnull(sum(expires_at), 0) FROM grants "
					       "WHERE ended_at = 0"));
}

/* Opens it as the broker does, lives a little, and opens it once more in the next boot. */
static void check_it_goes_on(sqlite3_int64 issuing)
{
	struct writ_ledger *ledger = open_ledger_of(BOOT);
	int64_t unsettled = 0;

	check_ledger(ledger->db);
	check_live_counts(ledger);
	assert_int_equal(
		number_of(ledger->db, "SELECT count(*) FROM requests WHERE state = 'open'"), 0);
	assert_int_equal(writ_ledger_unsettled(ledger, count_unsettled, &unsettled), 0);
	assert_int_equal(unsettled, issuing);
	(void)ask_and_get(ledger, 999, "billing-bot", "rotate-certificate", NOON);
	writ_ledger_close(ledger);
	ledger = open_ledger_of(NEXT_BOOT);
	check_ledger(ledger->db);
	check_live_counts(ledger);
	assert_int_equal(number_of(ledger->db, "SELECT count(*) FROM grants WHERE ended_at = 0"),
			 0);
	assert_int_equal(number_of(ledger->db, "SELECT count(*) FROM grants WHERE id = 999"), 1);
	writ_ledger_close(ledger);
}

/* What SQLite alone makes of the files. Which of the dumps is it? -1: none. */
static long which_dump(const char *path, sqlite3_int64 *ret_issuing)
{
	sqlite3 *db = NULL;
	char *text;
	long which = -1;

	assert_int_equal(sqlite3_open(path, &db), 0);
	check_ledger(db);
	text = dump(db);
	for (long i = (long)N_STEPS; i >= 0 && which < 0; i--)
		if (!strcmp(text, dumps[i]))
			which = i;
	if (ret_issuing)
		*ret_issuing =
			number_of(db, "SELECT count(*) FROM requests WHERE state = 'issuing'");
	free(text);
	assert_int_equal(sqlite3_close(db), 0);
	return which;
}

static void live_with(enum fault what)
{
	long n = 0, under_way = 0;
	bool killed = true;

	while (killed) {
		sqlite3_int64 issuing = 0;
		long which;

		fault_set(FAULT_NONE, 0);
		remove_files();
		copy_file(empty_path, ledger_path);
		n += STRIDE;
		killed = run_child(what, n, false);
		which = which_dump(ledger_path, &issuing);
		if (which != *done && which != *done + 1)
			fail_msg("killed at %ld after %ld steps: the file is as after %ld", n,
				 *done, which);
		under_way += which == *done + 1;
		check_it_goes_on(issuing);
	}
	/* it came to the script's end, and every step was met at several writes */
	assert_int_equal(*done, N_STEPS);
	assert_true(n > 5 * (long)N_STEPS);
	print_message("killed at one in %d of %ld operations; %ld times the step was whole\n",
		      STRIDE, n - 1, under_way);
}

static void killed_before_each_write(void **state)
{
	(void)state;
	live_with(FAULT_KILL);
}

static void killed_within_each_write(void **state)
{
	(void)state;
	live_with(FAULT_KILL_HALF);
}

/* The file itself is being made. */
static void killed_at_its_birth(void **state)
{
	static const enum fault faults[] = {FAULT_KILL, FAULT_KILL_HALF};

	(void)state;
	for (int i = 0; i < 2; i++) {
		long n = 0;
		bool killed = true;

		while (killed) {
			fault_set(FAULT_NONE, 0);
			remove_files();
			n += STRIDE;
			killed = run_child(faults[i], n, true);
			check_it_goes_on(0);
		}
		assert_true(n > 20);
	}
}

/* Lives the script; where a step fails, nothing of it is there, and it works without the fault. */
static bool live_through(enum fault what, long at, const char *words)
{
	struct writ_ledger *ledger;
	bool failed = false;

	fault_set(FAULT_NONE, 0);
	remove_files();
	copy_file(empty_path, ledger_path);
	ledger = open_ledger_of(BOOT);
	checkpoint_often(ledger);
	fault_set(what, at);
	for (size_t i = 0; i < N_STEPS; i++) {
		int err = take_step(ledger, i);
		char *text;

		if (err) {
			assert_int_equal(err, -EIO);
			assert_non_null(strstr(writ_ledger_error(ledger), words));
			assert_true(sqlite3_get_autocommit(ledger->db));
			fault.fault = FAULT_NONE;
			failed = true;
		}
		text = dump(ledger->db);
		assert_string_equal(text, dumps[err ? i : i + 1]);
		free(text);
		check_live_counts(ledger);
		assert_int_equal(err ? take_step(ledger, i) : 0, 0);
	}
	failed |= fault.failed;
	writ_ledger_close(ledger);
	fault.fault = FAULT_NONE;
	assert_int_equal(which_dump(ledger_path, NULL), N_STEPS);
	return failed;
}

static void live_through_each(enum fault what, const char *words)
{
	long n = 0;

	do
		n += STRIDE;
	while (live_through(what, n, words));
	assert_true(n > (long)N_STEPS);
}

static void goes_on_after_a_full_disk(void **state)
{
	(void)state;
	live_through_each(FAULT_FULL, "full");
}

static void goes_on_after_an_error(void **state)
{
	(void)state;
	live_through_each(FAULT_IO, "I/O");
}

/* Opening fails as a whole, and the next time it works. */
static void opens_after_an_error(void **state)
{
	static const enum fault faults[] = {FAULT_FULL, FAULT_IO, FAULT_READ};

	(void)state;
	for (int i = 0; i < 3; i++) {
		bool failed = true;
		long errors = 0;

		writ_log_open("test", 0); /* each of them logs its line */
		for (long n = 1; failed; n++) {
			struct writ_ledger *ledger = NULL;

			remove_files();
			fault_set(faults[i], n);
			if (writ_ledger_open(ledger_path, BOOT, &ledger)) {
				assert_null(ledger);
				errors++;
			}
			failed = fault.failed;
			fault.fault = FAULT_NONE;
			writ_ledger_close(ledger);
			check_it_goes_on(0);
		}
		assert_true(errors > 3);
	}
}

/* So much of a journal; in every second the byte before the middle is another one. */
static void write_torn(const char *path, const char *bytes, long len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, bytes, (size_t)len), len);
	if (len % 2)
		assert_int_equal(pwrite(fd, "\xa5", 1, len / 2), 1);
	assert_int_equal(close(fd), 0);
}

/* The journal's end is cut off or wrong, as after a power cut: an earlier whole step is left. */
static void keeps_whole_steps_of_a_torn_journal(void **state)
{
	char wal[128], torn[128], torn_wal[128];
	struct writ_ledger *ledger;
	static char bytes[4 << 20];
	long last = 0, size;
	int fd;

	(void)state;
	fault_set(FAULT_NONE, 0);
	remove_files();
	copy_file(empty_path, ledger_path);
	ledger = open_ledger_of(BOOT);
	assert_int_equal(sqlite3_wal_autocheckpoint(ledger->db, 0), 0);
	for (size_t i = 0; i < N_STEPS; i++)
		assert_int_equal(take_step(ledger, i), 0);
	(void)snprintf(wal, sizeof(wal), "%s-wal", ledger_path);
	(void)snprintf(torn, sizeof(torn), "%s/torn", directory);
	(void)snprintf(torn_wal, sizeof(torn_wal), "%s/torn-wal", directory);
	fd = open(wal, O_RDONLY | O_CLOEXEC);
	size = read(fd, bytes, sizeof(bytes));
	assert_true(size > 100000 && size < (long)sizeof(bytes));
	assert_int_equal(close(fd), 0);
	for (long len = 0; len <= size; len += 1717) {
		long which;

		copy_file(empty_path, torn);
		write_torn(torn_wal, bytes, len);
		which = which_dump(torn, NULL);
		assert_true(which >= 0);
		assert_true(len % 2 || which >= last);
		last = len % 2 ? last : which;
	}
	assert_true(last > (long)N_STEPS - 3);
	writ_ledger_close(ledger);
	assert_int_equal(unlink(torn), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_before_each_write),
		cmocka_unit_test(killed_within_each_write),
		cmocka_unit_test(killed_at_its_birth),
		cmocka_unit_test(goes_on_after_a_full_disk),
		cmocka_unit_test(goes_on_after_an_error),
		cmocka_unit_test(opens_after_an_error),
		cmocka_unit_test(keeps_whole_steps_of_a_torn_journal),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
