/* SPDX-License-Identifier: Apache-2.0 */
/* Ledger and core are brought together: after a crash at any point, and row by row. */
#include "settle_helper.h"

/* What settling says on stderr. */
static void settle_aloud(char ret_text[4096])
{
	int kept = dup(STDERR_FILENO), pair[2];
	ssize_t n;

	assert_int_equal(pipe(pair), 0);
	assert_int_equal(dup2(pair[1], STDERR_FILENO), STDERR_FILENO);
	(void)close(pair[1]);
	assert_int_equal(writ_settle_all(&broker), 0);
	(void)dup2(kept, STDERR_FILENO); /* the pipe's last writer */
	(void)close(kept);
	n = read(pair[0], ret_text, 4095);
	(void)close(pair[0]);
	ret_text[n > 0 ? n : 0] = '\0';
}

static void issued_and_not_written_is_written(void **state)
{
	uint64_t id = ask_issuing();

	(void)state;
	core.grants[core.n_grants++] = grant_row(9, 900); /* another ledger's */
	core.grants[core.n_grants++] = grant_row(5, id);
	assert_int_equal(writ_settle_all(&broker), 0);
	assert_int_equal(state_of(id), WRIT_REQUEST_STATE_GRANTED);
	assert_int_equal(request.grant, 5);
	assert_int_equal(end_of(5), WRIT_END_NONE);
	assert_string_equal(grant.parameters, "{\"service\":\"billing\"}");
	assert_string_equal(grant.environment, "production");
	assert_string_equal(grant.approvers, "alice");
	assert_int_equal(end_of(9), UINT32_MAX);       /* no row */
	assert_int_equal(writ_settle_all(&broker), 0); /* again */
	assert_int_equal(end_of(5), WRIT_END_NONE);
}

static void issued_and_over_is_written_with_its_end(void **state)
{
	uint64_t id = ask_issuing();

	(void)state;
	core.grants[core.n_grants] = grant_row(5, id);
	core.grants[core.n_grants++].grant.info.end = WRIT_END_REVOKED;
	assert_int_equal(writ_settle_all(&broker), 0);
	assert_int_equal(state_of(id), WRIT_REQUEST_STATE_GRANTED);
	assert_int_equal(end_of(5), WRIT_END_REVOKED);
}

static void not_issued_is_refused(void **state)
{
	uint64_t id = ask_pending(12);

	(void)state;
	assert_int_equal(writ_ledger_issue(broker.ledger, id, 2), 0);
	core.grants[core.n_grants] =
		grant_row(5, id); /* a row of another ledger with that number */
	(void)strcpy(core.grants[core.n_grants++].grant.info.agent_name, "other");
	assert_int_equal(writ_settle_all(&broker), 0);
	assert_int_equal(state_of(id), WRIT_REQUEST_STATE_REFUSED);
	assert_int_equal(request.refusal, WRIT_REFUSAL_CORE);
	assert_int_equal(core.withdrawn, 12); /* or it could be issued later, unknown to anyone */
	assert_int_equal(end_of(5), UINT32_MAX);
}

static void what_ended_meanwhile_ends(void **state)
{
	uint64_t first = ask_issuing();
	uint64_t second = ask_issuing();
	uint64_t third = ask_issuing();

	(void)state;
	core.grants[core.n_grants++] = grant_row(5, first);
	core.grants[core.n_grants++] = grant_row(6, second);
	core.grants[core.n_grants++] = grant_row(7, third);
	assert_int_equal(writ_settle_all(&broker), 0);
	core.grants[0].grant.state = WRIT_GRANT_STATE_USED_UP;
	core.n_grants = 2; /* and of 7 there is no word any more */
	assert_int_equal(writ_settle_all(&broker), 0);
	assert_int_equal(end_of(5), WRIT_END_USED_UP);
	assert_int_equal(end_of(6), WRIT_END_NONE);
	assert_int_equal(end_of(7), WRIT_END_REVOKED);
}

/* Its slot is another one's, and its time is up by now: the core still knows of its revocation. */
static void what_has_lost_its_slot_ended_as_it_did(void **state)
{
	uint64_t id = ask_issuing();
	struct writ_reply *row = &core.grants[core.n_grants++];

	(void)state;
	*row = grant_row(5, id);
	row->grant.info.expires = row->grant.info.issued;
	assert_int_equal(writ_settle_all(&broker), 0);
	assert_int_equal(end_of(5), WRIT_END_NONE);
	assert_int_equal(core.n_asked, 0);
	core.gone = *row;
	core.gone.grant.state = WRIT_GRANT_STATE_EXPIRED;
	core.gone.grant.info.end = WRIT_END_REVOKED;
	core.n_grants = 0;
	assert_int_equal(writ_settle_all(&broker), 0);
	assert_int_equal(core.n_asked, 1);
	assert_int_equal(end_of(5), WRIT_END_REVOKED);
}

static void a_grant_without_a_row_is_told(void **state)
{
	char said[4096];
	uint64_t first = ask_issuing();
	uint64_t second = ask_issuing();

	(void)state;
	core.grants[core.n_grants++] = grant_row(5, first);
	core.grants[core.n_grants++] = grant_row(6, second);
	settle_aloud(said);
	assert_string_equal(said, "");
	settle_aloud(said); /* written by now */
	assert_string_equal(said, "");
	core.grants[core.n_grants++] = grant_row(7, 0); /* of a version of before */
	core.grants[core.n_grants++] = grant_row(8, 900);
	core.grants[core.n_grants++] = grant_row(9, first); /* which has another one */
	core.grants[core.n_grants] = grant_row(10, 901);
	core.grants[core.n_grants++].grant.state = WRIT_GRANT_STATE_EXPIRED;
	settle_aloud(said);
	assert_non_null(strstr(said, "grant 7 is in force, and the ledger has no row of it"));
	assert_non_null(strstr(said, "grant 8 is in force, and the ledger has no row of it"));
	assert_non_null(strstr(said, "grant 9 is in force, and the ledger has no row of it"));
	assert_null(strstr(said, "grant 5"));
	assert_null(strstr(said, "grant 6"));
	assert_null(strstr(said, "grant 10"));
}

/* What was in this place has proposed rows that the ledger does not have. */
static void rows_go_on_above_the_cores(void **state)
{
	uint64_t before = ask();

	(void)state;
	core.row = before + 9000;
	assert_int_equal(writ_settle_all(&broker), 0);
	assert_int_equal(ask(), before + 9001);
	assert_int_equal(ask(), before + 9002);
	core.row = before; /* never back */
	assert_int_equal(writ_settle_all(&broker), 0);
	assert_int_equal(ask(), before + 9003);
	core.mute = true;
	assert_int_equal(writ_settle_all(&broker), -EPROTO);
}

static void alter_ledger(const char *sql)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* Rows of requests can't be changed where id @comparison @id. */
static void break_rows(const char *comparison, uint64_t id)
{
	char sql[256];

	(void)snprintf(sql, sizeof(sql),
		       "CREATE TRIGGER broken BEFORE UPDATE ON requests WHEN new.id %s %llu "
		       "BEGIN SELECT RAISE(ABORT, 'page 7 is damaged'); END",
		       comparison, (unsigned long long)id);
	alter_ledger(sql);
}

static void one_row_that_fails_stops_no_other(void **state)
{
	uint64_t live = ask_issuing(), forgotten, after, broken;
	char said[4096], words[64];

	(void)state;
	core.grants[core.n_grants++] = grant_row(5, live);
	assert_int_equal(writ_settle_all(&broker), 0);
	broken = ask_issuing();
	after = ask_issuing();
	forgotten = ask_pending(4);
	core.n_grants = 0; /* the first one is over */
	core.grants[core.n_grants++] = grant_row(7, broken);
	core.grants[core.n_grants++] = grant_row(6, after);
	break_rows("=", broken);
	settle_aloud(said);
	(void)snprintf(words, sizeof(words), "request %llu is not as", (unsigned long long)broken);
	assert_non_null(strstr(said, words));
	assert_non_null(strstr(said, "page 7 is damaged"));
	assert_null(strstr(strstr(said, words) + 1, "request "));
	assert_int_equal(state_of(forgotten), WRIT_REQUEST_STATE_REFUSED);
	assert_int_equal(state_of(after), WRIT_REQUEST_STATE_GRANTED);
	assert_int_equal(end_of(5), WRIT_END_REVOKED);
	assert_int_equal(state_of(broken), WRIT_REQUEST_STATE_ISSUING);
	assert_true(broker.unsettled > writ_time_boot());
	alter_ledger("DROP TRIGGER broken");
	broker.unsettled = 1;
	assert_int_equal(writ_inbox_retry(&broker), 0);
	assert_int_equal(broker.unsettled, 0);
	assert_int_equal(state_of(broken), WRIT_REQUEST_STATE_GRANTED);
}

/* Of so many the first ones are told, and how many more there are. */
static void many_rows_that_fail_are_counted(void **state)
{
	char said[4096];
	size_t lines = 0;

	(void)state;
	for (int i = 0; i < 40; i++)
		(void)ask_issuing();
	break_rows(">", 0);
	settle_aloud(said);
	for (const char *at = said; (at = strstr(at, "can't be written: ")); at++)
		lines++;
	assert_int_equal(lines, 8);
	assert_non_null(strstr(said, "32 more rows can't be written"));
	alter_ledger("DROP TRIGGER broken");
}

static void decided_meanwhile_goes_on(void **state)
{
	uint64_t ready = ask_pending(1);
	uint64_t waiting = ask_pending(2);
	uint64_t refused = ask_pending(3);
	uint64_t forgotten = ask_pending(4);
	uint64_t others = ask_pending(5);

	(void)state;
	(void)proposal_row(1, ready, WRIT_PROPOSAL_READY);
	(void)proposal_row(2, waiting, WRIT_PROPOSAL_PENDING);
	(void)strcpy(proposal_row(3, refused, WRIT_PROPOSAL_REFUSED)->proposal.answer, "not today");
	(void)proposal_row(99, others, WRIT_PROPOSAL_READY); /* another core's */
	assert_int_equal(writ_settle_all(&broker), 0);
	assert_int_equal(state_of(ready), WRIT_REQUEST_STATE_GRANTED);
	assert_int_equal(core.issued, 1);
	assert_int_equal(end_of(71), WRIT_END_NONE);
	assert_int_equal(state_of(waiting), WRIT_REQUEST_STATE_PENDING);
	assert_int_equal(state_of(refused), WRIT_REQUEST_STATE_REFUSED);
	assert_int_equal(request.refusal, WRIT_REFUSAL_DENIED);
	assert_string_equal(request.message, "alice,carol refused it: not today");
	assert_int_equal(state_of(forgotten), WRIT_REQUEST_STATE_REFUSED);
	assert_int_equal(request.refusal, WRIT_REFUSAL_NOT_APPROVED);
	assert_int_equal(state_of(others), WRIT_REQUEST_STATE_PENDING);
}

/* More than a page of either. */
static void many_are_settled(void **state)
{
	const struct writ_ledger_filter live = {.live = true, .limit = 5000};
	uint64_t last = 0;

	(void)state;
	for (size_t i = 0; i < 2100; i++) {
		const struct writ_ledger_grant row = {
			.id = i + 1,
			.request = ask_issuing(),
			.boot = "",
			.issued_at = 1,
			.begins_at = 1,
			.expires_at = 5,
			.agent = "bot",
			.role = "",
			.environment = "",
			.playbook = "rotate",
			.parameters = "{}",
		};

		assert_int_equal(writ_ledger_grant(broker.ledger, &row), 0);
		last = ask_pending(1000 + i);
	}
	assert_int_equal(writ_settle_all(&broker), 0);
	grant.end = UINT32_MAX;
	assert_int_equal(writ_ledger_grants(broker.ledger, &live, keep_grant, &(uint64_t){1}), 0);
	assert_int_equal(grant.end, UINT32_MAX); /* none lives */
	assert_int_equal(end_of(2100), WRIT_END_EXPIRED);
	assert_int_equal(state_of(last), WRIT_REQUEST_STATE_REFUSED);
	assert_int_equal(state_of(2), WRIT_REQUEST_STATE_REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(issued_and_not_written_is_written),
		CASE(issued_and_over_is_written_with_its_end),
		CASE(not_issued_is_refused),
		CASE(what_ended_meanwhile_ends),
		CASE(what_has_lost_its_slot_ended_as_it_did),
		CASE(a_grant_without_a_row_is_told),
		CASE(rows_go_on_above_the_cores),
		CASE(one_row_that_fails_stops_no_other),
		CASE(many_rows_that_fail_are_counted),
		CASE(decided_meanwhile_goes_on),
		CASE(many_are_settled),
	};

	writ_log_open("test", WRIT_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
