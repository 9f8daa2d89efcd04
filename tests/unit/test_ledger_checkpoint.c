/* SPDX-License-Identifier: Apache-2.0 */
/*
 * broker/ledger_checkpoint.c, with small limits: the journal is moved beside the loop, does not
 * grow for ever, and a process that is killed meanwhile loses nothing.
 */
#include "ledger_helper.h"

#include "broker/ledger_checkpoint.h"

#undef WRIT_LEDGER_CHECKPOINT_PAGES
#undef WRIT_LEDGER_CHECKPOINT_LATE
#undef WRIT_LEDGER_CHECKPOINT_REST
#undef WRIT_LEDGER_CHECKPOINT_LAST
#define WRIT_LEDGER_CHECKPOINT_PAGES 20
#define WRIT_LEDGER_CHECKPOINT_LATE 100
#define WRIT_LEDGER_CHECKPOINT_REST 10
#define WRIT_LEDGER_CHECKPOINT_LAST 400

#include "../../user/broker/ledger_checkpoint.c"

#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define FRAME 4120	/* a page in the journal, with its head */
#define COMMIT_PAGES 32 /* no step writes more */

static struct writ_ledger *open_beside(void)
{
	struct writ_ledger *ledger = open_ledger_of(BOOT);

	assert_int_equal(writ_ledger_beside(ledger), 0);
	assert_int_equal(writ_ledger_beside(ledger), -EALREADY);
	return ledger;
}

static off_t size_of(const char *end)
{
	char path[128];
	struct stat stat_of;

	(void)snprintf(path, sizeof(path), "%s%s", ledger_path, end);
	assert_int_equal(stat(path, &stat_of), 0);
	return stat_of.st_size;
}

/* The loop is given the last pages alone, and of those a few; the rest is the thread's. */
static void the_loop_moves_little(void **state)
{
	static const struct {
		int pages;
		int moved;
		bool working; /* the thread is at it */
		bool loop;    /* what comes of it: the loop moves what is left, */
		bool asked;   /* and: the thread is asked to */
	} cases[] = {
		{19, 0, false, false, false},	 {20, 0, false, false, true},
		{99, 80, false, false, false},	 {99, 0, true, false, true},
		{100, 90, false, true, false},	 {100, 89, false, false, true},
		{100, 99, true, false, true},	 {100 + 64, 100 + 64 - 11, false, true, false},
		{399, 399, false, true, false},	 {399, 399 - 15, false, false, true},
		{400, 0, false, true, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct writ_ledger_checkpoint checkpoint = {.moved = cases[i].moved,
							    .working = cases[i].working,
							    .lock = PTHREAD_MUTEX_INITIALIZER,
							    .changed = PTHREAD_COND_INITIALIZER};

		assert_int_equal(look(&checkpoint, cases[i].pages), cases[i].loop);
		assert_int_equal(checkpoint.working, cases[i].asked);
	}
}

static void moves_pages_beside_the_loop(void **state)
{
	struct writ_ledger *ledger = open_beside();
	off_t before = size_of("");
	uint64_t grant = 0;

	(void)state;
	(void)pthread_mutex_lock(&ledger->checkpoint->lock);
	assert_false(ledger->checkpoint->working);
	(void)pthread_mutex_unlock(&ledger->checkpoint->lock);
	/* under LATE the loop itself moves nothing */
	while (size_of("-wal") < (WRIT_LEDGER_CHECKPOINT_LATE - COMMIT_PAGES) * FRAME)
		(void)ask(ledger, "a", "p", NOON);
	while (size_of("") == before)
		(void)sched_yield();
	for (grant = 1; grant <= 400; grant++) {
		(void)ask_and_get(ledger, grant, "a", "p", NOON);
		assert_true(size_of("-wal") <=
			    (WRIT_LEDGER_CHECKPOINT_LAST + COMMIT_PAGES) * FRAME);
	}
	check_ledger(ledger->db);
	writ_ledger_close(ledger);
	ledger = open_ledger_of(BOOT);
	assert_int_equal(number_of(ledger->db, "SELECT count(*) FROM grants"), 400);
	writ_ledger_close(ledger);
}

/* With a reader that looks for long nothing can begin again, and nothing fails. */
static void goes_on_beside_a_long_reader(void **state)
{
	struct writ_ledger *ledger = open_beside();
	sqlite3 *db = NULL;
	off_t longest;

	(void)state;
	(void)ask(ledger, "a", "p", NOON);
	assert_int_equal(sqlite3_open(ledger_path, &db), 0);
	assert_int_equal(sqlite3_exec(db, "BEGIN", NULL, NULL, NULL), 0);
	assert_int_equal(number_of(db, "SELECT count(*) FROM requests"), 1);
	for (uint64_t grant = 1; grant <= 100; grant++)
		(void)ask_and_get(ledger, grant, "a", "p", NOON);
	longest = size_of("-wal");
	assert_true(longest > WRIT_LEDGER_CHECKPOINT_LAST * FRAME);
	assert_int_equal(number_of(db, "SELECT count(*) FROM requests"), 1);
	assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), 0);
	assert_int_equal(sqlite3_close(db), 0);
	for (uint64_t grant = 101; grant <= 200; grant++)
		(void)ask_and_get(ledger, grant, "a", "p", NOON);
	/* behind the next commit it is used again from its start */
	assert_true(size_of("-wal") <= longest + COMMIT_PAGES * FRAME);
	check_ledger(ledger->db);
	writ_ledger_close(ledger);
}

static void live_until_killed(volatile uint64_t *done)
{
	struct writ_ledger *ledger = NULL;

	if (writ_ledger_open(ledger_path, BOOT, &ledger) || writ_ledger_beside(ledger))
		_exit(2);
	for (uint64_t i = *done + 1;; i++) {
		struct writ_ledger_request row = request_row("a", "p", NOON);
		struct writ_ledger_grant grant = grant_row(i, 0, "a", "p", NOON);

		if (writ_ledger_ask(ledger, &row, &grant.request) ||
		    writ_ledger_issue(ledger, grant.request, NOON) ||
		    writ_ledger_grant(ledger, &grant))
			_exit(3);
		*done = i;
	}
}

static void loses_nothing_when_killed(void **state)
{
	volatile uint64_t *done = mmap(NULL, sizeof(*done), PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_true(done != MAP_FAILED);
	for (uint64_t round = 1; round <= 40; round++) {
		uint64_t until = *done + round;
		struct writ_ledger *ledger;
		int64_t grants;
		int status;
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (!pid)
			live_until_killed(done);
		while (*done < until && !waitpid(pid, &status, WNOHANG))
			(void)sched_yield();
		assert_int_equal(kill(pid, SIGKILL), 0); /* it has not ended by itself */
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		ledger = open_ledger_of(BOOT);
		check_ledger(ledger->db);
		grants = number_of(ledger->db, "SELECT max(id) FROM grants");
		assert_in_range(grants, *done, *done + 1);
		assert_int_equal(number_of(ledger->db, "SELECT count(*) FROM grants"), grants);
		*done = (uint64_t)grants;
		writ_ledger_close(ledger);
	}
	(void)munmap((void *)done, sizeof(*done));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_loop_moves_little),
		CASE(moves_pages_beside_the_loop),
		CASE(goes_on_beside_a_long_reader),
		CASE(loses_nothing_when_killed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
