/* SPDX-License-Identifier: Apache-2.0 */
/* Ends that have come together: on record together, each with an outcome of its own. */
#include "ledger_helper.h"

static struct writ_ledger *ledger;

static int set_up(void **state)
{
	(void)make_directory(state);
	ledger = open_ledger_of(BOOT);
	for (uint64_t grant = 1; grant <= 3; grant++)
		(void)ask_and_get(ledger, grant, "a", "p", NOON);
	return 0;
}

static int tear_down(void **state)
{
	writ_ledger_close(ledger);
	return remove_directory(state);
}

/* As a kill does: nothing is ended that was begun. */
static void reopen(void)
{
	writ_ledger_close(ledger);
	ledger = open_ledger_of(BOOT);
}

static uint32_t live(void)
{
	struct writ_history history;

	assert_int_equal(writ_ledger_history(ledger, "a", "p", 0, &history), 0);
	return history.live;
}

static int end(uint64_t grant)
{
	return writ_ledger_end(ledger, grant, WRIT_END_REVOKED, "erin", 0, 0, NOON);
}

static void each_step_has_its_outcome(void **state)
{
	(void)state;
	assert_int_equal(writ_ledger_group(ledger), 0);
	assert_int_equal(writ_ledger_group(ledger), 0); /* it is open */
	assert_int_equal(end(1), 0);
	assert_int_equal(end(1), -EALREADY);
	assert_int_equal(end(77), -ENOENT);
	assert_int_equal(writ_ledger_cut(ledger, 1, 4, 2), 0);
	assert_int_equal(end(2), 0);
	assert_int_equal(writ_ledger_group_end(ledger), 0);
	assert_int_equal(writ_ledger_group_end(ledger), 0); /* none is open */
	reopen();
	assert_int_equal(live(), 1);
	assert_int_equal(end(3), 0); /* a transaction of its own again */
	reopen();
	assert_int_equal(live(), 0);
}

static void nothing_is_on_record_before_its_end(void **state)
{
	(void)state;
	assert_int_equal(writ_ledger_group(ledger), 0);
	assert_int_equal(end(1), 0);
	assert_int_equal(end(2), 0);
	reopen();
	assert_int_equal(live(), 3);
}

/* A full disk, say: SQLite ends the whole transaction, and it is told at the group's end. */
static void what_ends_the_transaction_is_told(void **state)
{
	(void)state;
	assert_int_equal(sqlite3_exec(ledger->db,
				      "CREATE TEMP TRIGGER fails BEFORE UPDATE OF end ON grants "
				      "WHEN new.id = 2 BEGIN SELECT RAISE(ROLLBACK, 'no'); END",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	assert_int_equal(writ_ledger_group(ledger), 0);
	assert_int_equal(end(1), 0);
	assert_int_equal(end(2), -EIO);
	assert_int_equal(end(3), -EIO); /* not by itself */
	assert_int_equal(writ_ledger_group_end(ledger), -EIO);
	assert_non_null(strstr(writ_ledger_error(ledger), "no"));
	reopen();
	assert_int_equal(live(), 3);
	assert_int_equal(end(1), 0);
}

static void fail_at(const char *when)
{
	char sql[256];

	(void)snprintf(sql, sizeof(sql),
		       "CREATE TEMP TRIGGER fails BEFORE %s BEGIN SELECT RAISE(ABORT, 'no'); END",
		       when);
	assert_int_equal(sqlite3_exec(ledger->db, sql, NULL, NULL, NULL), SQLITE_OK);
}

/* Half of it may be there, so none of the others is. */
static void a_step_that_fails_half_way_fails_all(void **state)
{
	(void)state;
	fail_at("DELETE ON live_ends WHEN old.request = 2");
	assert_int_equal(writ_ledger_group(ledger), 0);
	assert_int_equal(end(1), 0);
	assert_int_equal(end(2), -EIO);
	assert_int_equal(end(3), -EIO);
	assert_int_equal(writ_ledger_group_end(ledger), -EIO);
	assert_non_null(strstr(writ_ledger_error(ledger), "no"));
	assert_int_equal(live(), 3);
	assert_int_equal(end(2), -EIO); /* by itself it is undone as well */
	assert_int_equal(live(), 3);
	assert_int_equal(writ_ledger_group(ledger), 0); /* another group knows nothing of it */
	assert_int_equal(end(1), 0);
	assert_int_equal(writ_ledger_group_end(ledger), 0);
	reopen();
	assert_int_equal(live(), 2);
}

/* A step of one statement has no half. */
static void a_row_that_fails_leaves_the_others(void **state)
{
	struct writ_ledger_request row = request_row("b", "p", NOON);
	uint64_t id = 0;

	(void)state;
	fail_at("INSERT ON requests WHEN new.agent = 'c'");
	assert_int_equal(writ_ledger_group(ledger), 0);
	assert_int_equal(writ_ledger_ask_issue(ledger, &row, NOON, &id), 0);
	row.agent = "c";
	assert_int_equal(writ_ledger_ask_issue(ledger, &row, NOON, &id), -EIO);
	assert_int_equal(end(1), 0);
	assert_int_equal(writ_ledger_group_end(ledger), 0);
	reopen();
	assert_int_equal(live(), 3); /* two grants, and the one that is being issued */
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(each_step_has_its_outcome),
		CASE(nothing_is_on_record_before_its_end),
		CASE(what_ends_the_transaction_is_told),
		CASE(a_step_that_fails_half_way_fails_all),
		CASE(a_row_that_fails_leaves_the_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
