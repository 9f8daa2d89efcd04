/* SPDX-License-Identifier: Apache-2.0 */
/*
 * broker/ledger*.c: what is counted of the past, lists and their pages, and what a new boot ends.
 */
#include "ledger_lists.h"

static void counts_the_past(void **state)
{
	uint64_t issuing;
	struct writ_history history = history_of("a", "p", 0);

	(void)state;
	assert_memory_equal(&history, &(struct writ_history){0}, sizeof(history));
	(void)ask_and_get(ledger, 1, "a", "p", NOON);
	(void)ask_and_get(ledger, 2, "a", "p", NOON + 10);
	(void)ask_and_get(ledger, 3, "b", "p", NOON + 20);
	(void)ask_and_get(ledger, 4, "a", "q", NOON + 30);
	issuing = ask(ledger, "b", "p", NOON + 40);
	assert_int_equal(writ_ledger_issue(ledger, issuing, NOON + 40), 0);

	assert_int_equal(history_of("a", "p", NOON).live, 4);
	assert_int_equal(history_of("c", "p", NOON).live, 4);
	assert_int_equal(history_of("a", "q", NOON).live, 1);
	assert_int_equal(history_of("a", "p", NOON).recent, 2);
	assert_int_equal(history_of("a", "p", NOON + 10).recent, 1);
	assert_int_equal(history_of("a", "p", NOON + 11).recent, 0);
	assert_int_equal(history_of("b", "p", NOON + 20).recent, 2); /* one is being issued */
	assert_int_equal(history_of("a", "p", NOON).last_end, 0);

	assert_int_equal(writ_ledger_end(ledger, 2, WRIT_END_EXPIRED, "", 0, 0, NOON + 90), 0);
	assert_int_equal(writ_ledger_end(ledger, 1, WRIT_END_REVOKED, "", 0, 0, NOON + 50), 0);
	assert_int_equal(writ_ledger_refuse(ledger, issuing, WRIT_REFUSAL_CORE, "", "", 0, NOON),
			 0);
	history = history_of("a", "p", NOON);
	assert_int_equal(history.live, 1);
	assert_int_equal(history.recent, 2);
	assert_int_equal(history.last_end, NOON + 90);
	assert_int_equal(history_of("b", "p", NOON).last_end, 0);
	reopen(BOOT);
	assert_int_equal(history_of("a", "p", NOON).live, 1);
	assert_int_equal(history_of("a", "q", NOON).live, 1);
}

static void refuse_as(const char *agent, enum writ_refusal refusal, bool by_operator, int64_t at)
{
	struct writ_ledger_request row = request_row(agent, "p", at);
	uint64_t id = 0;

	row.by_operator = by_operator;
	assert_int_equal(writ_ledger_ask(ledger, &row, &id), 0);
	assert_int_equal(writ_ledger_refuse(ledger, id, refusal, "", "", 0, at), 0);
}

static void counts_denials_in_a_row(void **state)
{
	(void)state;
	refuse_as("a", WRIT_REFUSAL_ROLE, false, NOON);
	refuse_as("a", WRIT_REFUSAL_TICKET, false, NOON + 1);
	refuse_as("b", WRIT_REFUSAL_TICKET, false, NOON + 2);
	refuse_as("a", WRIT_REFUSAL_ROLE, true, NOON + 3); /* an operator's mistake */
	refuse_as("a", WRIT_REFUSAL_NONE, false, NOON + 4);
	assert_int_equal(history_of("a", "p", 0).denials, 2);
	assert_int_equal(history_of("a", "p", 0).last_denial, NOON + 1);
	assert_int_equal(history_of("b", "p", 0).denials, 1);

	assert_int_equal(writ_ledger_forgive(ledger, "a", NOON + 5), 0);
	assert_int_equal(history_of("a", "p", 0).denials, 0);
	assert_int_equal(history_of("b", "p", 0).denials, 1);
	refuse_as("a", WRIT_REFUSAL_ROLE, false, NOON + 6);
	assert_int_equal(history_of("a", "p", 0).denials, 1);
	(void)ask_and_get(ledger, 1, "a", "q", NOON + 7);
	assert_int_equal(history_of("a", "p", 0).denials, 0);
	reopen(NEXT_BOOT); /* a reboot forgives nothing */
	assert_int_equal(history_of("b", "p", 0).denials, 1);
	assert_int_equal(writ_ledger_forgive(ledger, "nobody-yet", NOON), 0);
}

/* When the first of those that live runs out, and since when those of the rate's time are. */
static void knows_when_a_limit_has_room(void **state)
{
	struct writ_history history;

	(void)state;
	assert_int_equal(history_of("a", "p", 0).live_until, 0);
	assert_int_equal(history_of("a", "p", 0).recent_since, 0);
	(void)ask_and_get(ledger, 1, "a", "p", NOON + 2);
	(void)ask_and_get(ledger, 2, "b", "p", NOON + 1); /* anybody's that live */
	(void)ask_and_get(ledger, 3, "a", "q", NOON);
	(void)ask_and_get(ledger, 4, "a", "p", NOON + 3);
	history = history_of("a", "p", NOON);
	assert_int_equal(history.live_until, NOON + 1 + 180 * SECOND);
	assert_int_equal(history.recent_since, NOON + 2); /* the agent's own */
	assert_int_equal(history_of("a", "p", NOON + 3).recent_since, NOON + 3);
	assert_int_equal(history_of("a", "p", NOON + 4).recent_since, 0);
	assert_int_equal(writ_ledger_end(ledger, 2, WRIT_END_REVOKED, "", 0, 0, NOON + 5), 0);
	assert_int_equal(history_of("a", "p", NOON).live_until, NOON + 2 + 180 * SECOND);
	reopen(BOOT); /* it is not of the file */
	assert_int_equal(history_of("a", "p", NOON).live_until, NOON + 2 + 180 * SECOND);
	reopen(NEXT_BOOT);
	assert_int_equal(history_of("a", "p", NOON).live_until, 0);
	assert_int_equal(history_of("a", "p", NOON).recent_since, NOON + 2);
}

/* Each word, against what is said of it in the header. */
static void counts_what_was_asked_for(void **state)
{
	uint32_t expected = 0;

	(void)state;
	for (int refusal = 0; refusal < WRIT_REFUSAL_COUNT; refusal++) {
		refuse_as("a", refusal, false, NOON);
		expected += writ_evaluate_counts(refusal);
		assert_int_equal(history_of("a", "p", 0).denials, expected);
	}
	assert_int_equal(expected, 10); /* test_evaluate_denial.c has them one by one */
}

static uint64_t repeated(const char *agent, enum writ_refusal refusal, int64_t at)
{
	uint64_t id = 0;
	int err = writ_ledger_repeat(ledger, agent, refusal, at, &id);

	assert_int_equal(err, id ? -EALREADY : 0);
	return id;
}

static void see_repeats(void *context, const struct writ_ledger_request *row)
{
	*(struct writ_ledger_request *)context = *row;
}

/* An agent that asks on and on: one row for each reason, and how often. */
static void counts_refusals_in_one_row(void **state)
{
	struct writ_ledger_request row = {0};
	uint64_t role, backoff;

	(void)state;
	for (uint32_t i = 0; i < WRIT_REFUSALS_PER_MINUTE; i++) {
		assert_int_equal(repeated("a", WRIT_REFUSAL_ROLE, NOON + i), 0);
		refuse_as("a", WRIT_REFUSAL_ROLE, false, NOON + i);
	}
	assert_int_equal(repeated("a", WRIT_REFUSAL_ROLE, NOON + 60), 0);
	refuse_as("a", WRIT_REFUSAL_ROLE, false, NOON + 60);
	role = repeated("a", WRIT_REFUSAL_ROLE, NOON + 61);
	assert_int_equal(role, WRIT_REFUSALS_PER_MINUTE + 1);
	assert_int_equal(history_of("a", "p", 0).denials, WRIT_REFUSALS_PER_MINUTE + 2);
	assert_int_equal(history_of("a", "p", 0).last_denial, NOON + 61);

	assert_int_equal(repeated("a", WRIT_REFUSAL_BACKOFF, NOON + 62), 0); /* another reason */
	refuse_as("a", WRIT_REFUSAL_BACKOFF, false, NOON + 62);
	for (int64_t i = 0; i < 5000; i++) {
		backoff = repeated("a", WRIT_REFUSAL_BACKOFF, NOON + 63 + i);
		assert_int_equal(backoff, role + 1);
	}
	assert_int_equal(history_of("a", "p", 0).denials, WRIT_REFUSALS_PER_MINUTE + 2);
	assert_int_equal(writ_ledger_request(ledger, backoff, see_repeats, &row), 0);
	assert_int_equal(row.repeats, 5000);
	assert_int_equal(row.repeated_at, NOON + 63 + 4999);
	assert_int_equal(repeated("b", WRIT_REFUSAL_BACKOFF, NOON + 64), 0); /* another agent */
	assert_int_equal(repeated("a", WRIT_REFUSAL_ROLE, NOON + 60 * SECOND), 0);
	refuse_as("a", WRIT_REFUSAL_ROLE, false, NOON + 60 * SECOND);
	assert_int_equal(repeated("a", WRIT_REFUSAL_ROLE, NOON + 60 * SECOND + 1), 0); /* anew */
	assert_int_equal(writ_ledger_repeat(ledger, "a", WRIT_REFUSAL_NONE, NOON, &role), -EINVAL);
	assert_int_equal(writ_ledger_repeat(ledger, "a", WRIT_REFUSAL_COUNT, NOON, &role), -EINVAL);
}

/* Those of operators are people's, and as many as they are. */
static void counts_nothing_of_operators(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 2 * WRIT_REFUSALS_PER_MINUTE; i++)
		refuse_as("a", WRIT_REFUSAL_ROLE, true, NOON);
	assert_int_equal(repeated("a", WRIT_REFUSAL_ROLE, NOON), 0);
	refuse_as("a", WRIT_REFUSAL_ROLE, false, NOON + 5);
	assert_int_equal(history_of("a", "p", 0).late, 0);
	assert_int_equal(writ_ledger_late(ledger, "a"), 0);
	assert_int_equal(writ_ledger_late(ledger, "nobody"), 0);
	assert_int_equal(history_of("a", "p", 0).late, 1);
	assert_int_equal(history_of("a", "p", 0).late_since, NOON + 5);
	refuse_as("a", WRIT_REFUSAL_ROLE, false, NOON + 4 + 60 * SECOND);
	assert_int_equal(history_of("a", "p", 0).late, 1);
	refuse_as("a", WRIT_REFUSAL_ROLE, false, NOON + 5 + 60 * SECOND);
	assert_int_equal(history_of("a", "p", 0).late, 0); /* another minute */
}

static void saturates(void **state)
{
	char sql[512];

	(void)state;
	(void)ask_and_get(ledger, 1, "a", "p", NOON);
	/* as many more as the limit, as rows; a request each */
	assert_int_equal(
		sqlite3_exec(ledger->db, "BEGIN; PRAGMA defer_foreign_keys = 1", NULL, NULL, NULL),
		0);
	(void)snprintf(
		sql, sizeof(sql),
		"WITH RECURSIVE i(x) AS (SELECT 2 UNION ALL SELECT x + 1 FROM i WHERE x < %u) "
		"INSERT INTO requests SELECT x, boot, asked_at, clock, decided_at, state, "
		"refusal, retry_after, uid, pid, by_operator, proposal, run, ttl_ns, delay_ns, "
		"agent, role, environment, playbook, parameters, ticket, sponsor, reason, "
		"requester, session, prompt, tool_call, parent, message, remedy "
		"FROM i, requests WHERE id = 1",
		WRIT_HISTORY_MAX);
	assert_int_equal(sqlite3_exec(ledger->db, sql, NULL, NULL, NULL), 0);
	assert_int_equal(
		sqlite3_exec(
			ledger->db,
			"INSERT INTO grants SELECT r.id, g.boot, r.id, r.id, g.issued_at, "
			"g.clock, begins_at, expires_at, ended_at, end, clip, scope, cut_files, "
			"cut_sockets, break_glass, ended_by, g.agent, g.role, g.environment, "
			"g.playbook, g.parameters, g.ticket, g.sponsor, g.requester, approvers, "
			"g.session, g.prompt, g.tool_call, g.parent "
			"FROM requests AS r, grants AS g WHERE r.id > 1 AND g.n = 1; COMMIT",
			NULL, NULL, NULL),
		0);
	assert_int_equal(history_of("a", "p", NOON).recent, WRIT_HISTORY_MAX);
	(void)ask_and_get(ledger, WRIT_HISTORY_MAX + 1, "a", "p", NOON);
	assert_int_equal(history_of("a", "p", NOON).recent, UINT32_MAX);
	reopen(BOOT);
	assert_int_equal(history_of("a", "p", NOON).live, WRIT_HISTORY_MAX + 1);
	assert_int_equal(history_of("a", "p", NOON + 1).recent, 0);
}

static void lists_and_pages(void **state)
{
	struct writ_ledger_request row;
	uint64_t id = 0;

	(void)state;
	for (uint64_t i = 1; i <= 6; i++) {
		row = request_row(i % 2 ? "a" : "b", i <= 3 ? "p" : "q", NOON + (int64_t)i);
		row.ticket = i == 5 ? "CHG-9" : "CHG-1";
		assert_int_equal(writ_ledger_ask(ledger, &row, &id), 0);
		assert_int_equal(id, i);
	}
	assert_int_equal(writ_ledger_pend(ledger, 2, 1), 0);
	assert_int_equal(writ_ledger_refuse(ledger, 3, WRIT_REFUSAL_ROLE, "", "", 0, NOON), 0);
	assert_int_equal(writ_ledger_refuse(ledger, 4, WRIT_REFUSAL_NONE, "", "", 0, NOON), 0);
	REQUESTS("6 5 4 3 2 1", 0);
	REQUESTS("6 5", .limit = 2);
	REQUESTS("4 3", .limit = 2, .before = 5);
	REQUESTS("", .before = 1);
	REQUESTS("6 5 4 3 2 1", .before = UINT64_MAX);
	REQUESTS("5 3 1", .agent = "a");
	REQUESTS("3 1", .agent = "a", .before = 5);
	REQUESTS("3 2 1", .playbook = "p");
	REQUESTS("2", .playbook = "p", .agent = "b");
	REQUESTS("5", .ticket = "CHG-9");
	REQUESTS("", .ticket = "CHG-9", .agent = "b");
	REQUESTS("", .ticket = "' OR 1 --");
	REQUESTS("6 5 4", .since = NOON + 4);
	REQUESTS("6 4", .since = NOON + 4, .agent = "b");
	REQUESTS("", .since = NOON + 7);
	REQUESTS("6 5 1", .states = 1u << WRIT_REQUEST_STATE_OPEN);
	REQUESTS("6 5 2 1",
		 .states = 1u << WRIT_REQUEST_STATE_OPEN | 1u << WRIT_REQUEST_STATE_PENDING);
	REQUESTS("4 3",
		 .states = 1u << WRIT_REQUEST_STATE_REFUSED | 1u << WRIT_REQUEST_STATE_WITHDRAWN);
	REQUESTS("3", .states = 1u << WRIT_REQUEST_STATE_REFUSED, .agent = "a");
	REQUESTS("6 5 4 3 2 1", .states = UINT32_MAX);
}

static void lists_grants(void **state)
{
	(void)state;
	for (uint64_t i = 1; i <= 4; i++) /* ids of the core: 11 to 14 */
		assert_int_equal(ask_and_get(ledger, 10 + i, i % 2 ? "a" : "b", i <= 2 ? "p" : "q",
					     NOON + (int64_t)i),
				 i);
	assert_int_equal(writ_ledger_end(ledger, 13, WRIT_END_EXPIRED, "", 0, 0, NOON), 0);
	GRANTS("14 13 12 11", 0);
	GRANTS("14 12 11", .live = true);
	GRANTS("11", .live = true, .agent = "a");
	GRANTS("13 11", .agent = "a");
	GRANTS("12 11", .playbook = "p");
	GRANTS("14 13", .limit = 2);
	GRANTS("12 11", .limit = 2, .before = 3);
	GRANTS("", .before = 99);
	GRANTS("12", .request = 2);
	GRANTS("", .request = 2, .agent = "a");
	GRANTS("", .request = 3, .live = true);
	GRANTS("", .request = 5);
	GRANTS("", .request = UINT64_MAX);
	GRANTS("14 13", .since = NOON + 3);
	GRANTS("14 13 12 11", .ticket = "CHG-1842");
	GRANTS("14", .ticket = "CHG-1842", .live = true, .playbook = "q");
	reopen(NEXT_BOOT);
	(void)ask_and_get(ledger, 11, "a", "p", NOON + 9); /* ids begin again */
	GRANTS("11 14 13 12 11", 0);
	GRANTS("14 13 12 11", .before = 5);
	GRANTS("11", .request = 1);
	GRANTS("11", .request = 5);
	GRANTS("11", .live = true);
	assert_int_equal(writ_ledger_end(ledger, 12, WRIT_END_EXPIRED, "", 0, 0, NOON), -ENOENT);
}

/* A clock that was set back hides no row from `since`. */
static void finds_rows_of_a_clock_set_back(void **state)
{
	(void)state;
	(void)ask_and_get(ledger, 1, "a", "p", NOON);
	(void)ask_and_get(ledger, 2, "a", "p", NOON + 100);
	(void)ask_and_get(ledger, 3, "a", "p", NOON + 50);
	(void)ask_and_get(ledger, 4, "a", "p", NOON + 60);
	REQUESTS("4 2", .since = NOON + 60);
	REQUESTS("4 3 2", .since = NOON + 50);
	GRANTS("4 3 2", .since = NOON + 50);
	GRANTS("2", .since = NOON + 61);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(counts_the_past),
		CASE(counts_denials_in_a_row),
		CASE(counts_what_was_asked_for),
		CASE(knows_when_a_limit_has_room),
		CASE(counts_refusals_in_one_row),
		CASE(counts_nothing_of_operators),
		CASE(saturates),
		CASE(lists_and_pages),
		CASE(lists_grants),
		CASE(finds_rows_of_a_clock_set_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
