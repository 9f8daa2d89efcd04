/* SPDX-License-Identifier: Apache-2.0 */
/* broker/ledger*.c: a request's life, what its rows say, lists and pages, and the past. */
#include "ledger_lists.h"

static uint32_t state_seen;

static void see_state(void *context, const struct writ_ledger_request *row)
{
	(void)context;
	state_seen = row->state;
}

static uint32_t state_of(uint64_t id)
{
	assert_int_equal(writ_ledger_request(ledger, id, see_state, NULL), 0);
	return state_seen;
}

static void check_asked(void *context, const struct writ_ledger_request *row)
{
	assert_int_equal(row->id, *(uint64_t *)context);
	assert_int_equal(row->asked_at, NOON);
	assert_int_equal(row->decided_at, 0);
	assert_int_equal(row->state, WRIT_REQUEST_STATE_OPEN);
	assert_int_equal(row->refusal, WRIT_REFUSAL_NONE);
	assert_int_equal(row->uid, UINT32_MAX);
	assert_int_equal(row->pid, INT32_MAX);
	assert_true(row->by_operator);
	assert_int_equal(row->run, UINT64_MAX);
	assert_int_equal(row->ttl_ns, UINT64_MAX - 1);
	assert_int_equal(row->delay_ns, 5);
	assert_string_equal(row->agent, "billing-bot");
	assert_string_equal(row->role, "web-operator");
	assert_string_equal(row->environment, "production");
	assert_string_equal(row->playbook, "rotate-certificate");
	assert_string_equal(row->parameters, "{\"service\": \"billing\"}");
	assert_string_equal(row->ticket, "CHG-1842");
	assert_string_equal(row->sponsor, "carol");
	assert_string_equal(row->reason, "the certificate runs out");
	assert_string_equal(row->requester, "dave");
	assert_string_equal(row->message, "");
	assert_string_equal(row->remedy, "");
	assert_string_equal(row->context.session, "s-1");
	assert_string_equal(row->context.prompt, "sha256:ab");
	assert_string_equal(row->context.tool_call, "call_7");
	assert_string_equal(row->context.parent, "");
	assert_int_equal(row->grant, 0);
}

static void asks(void **state)
{
	struct writ_ledger_request row = request_row("billing-bot", "rotate-certificate", NOON);
	uint64_t id = 0;

	(void)state;
	row.uid = UINT32_MAX;
	row.pid = INT32_MAX;
	row.by_operator = true;
	row.run = UINT64_MAX;
	row.ttl_ns = UINT64_MAX - 1;
	row.delay_ns = 5;
	row.requester = "dave";
	assert_int_equal(writ_ledger_ask(ledger, &row, &id), 0);
	assert_int_equal(writ_ledger_request(ledger, id, check_asked, &id), 0);
	assert_int_equal(writ_ledger_request(ledger, id + 1, check_asked, &id), -ENOENT);
	reopen(BOOT); /* the same from the file; but what was open is lost */
	assert_int_equal(state_of(id), WRIT_REQUEST_STATE_WITHDRAWN);
}

static void check_refused(void *context, const struct writ_ledger_request *row)
{
	(void)context;
	assert_int_equal(row->state, WRIT_REQUEST_STATE_REFUSED);
	assert_int_equal(row->refusal, WRIT_REFUSAL_PARAMETERS);
	assert_int_equal(row->decided_at, NOON + 1);
	assert_int_equal(row->retry_after, 30);
	assert_string_equal(row->message, "service: no such one");
	assert_string_equal(row->remedy, "service=billing");
}

static void check_granted(void *context, const struct writ_ledger_request *row)
{
	(void)context;
	assert_int_equal(row->state, WRIT_REQUEST_STATE_GRANTED);
	assert_int_equal(row->decided_at, NOON);
	assert_int_equal(row->grant, UINT64_MAX);
}

static void check_grant(void *context, const struct writ_ledger_grant *row)
{
	assert_int_equal(row->id, UINT64_MAX);
	assert_int_equal(row->request, *(uint64_t *)context);
	assert_string_equal(row->boot, BOOT);
	assert_int_equal(row->issued_at, NOON);
	assert_int_equal(row->begins_at, NOON);
	assert_int_equal(row->expires_at, NOON + 180 * SECOND);
	assert_int_equal(row->ended_at, NOON + 9);
	assert_int_equal(row->end, WRIT_END_REVOKED);
	assert_int_equal(row->clip, WRIT_CLIP_ROLE);
	assert_int_equal(row->scope, WRIT_SCOPE_RUN);
	assert_int_equal(row->cut_files, 4);
	assert_int_equal(row->cut_sockets, 2);
	assert_false(row->break_glass);
	assert_string_equal(row->ended_by, "erin");
	assert_string_equal(row->agent, "billing-bot");
	assert_string_equal(row->role, "web-operator");
	assert_string_equal(row->environment, "production");
	assert_string_equal(row->playbook, "rotate-certificate");
	assert_string_equal(row->parameters, "{\"service\": \"billing\"}");
	assert_string_equal(row->ticket, "CHG-1842");
	assert_string_equal(row->sponsor, "carol");
	assert_string_equal(row->requester, "");
	assert_string_equal(row->approvers, "alice,bob");
	assert_string_equal(row->context.tool_call, "call_7");
}

static void decides(void **state)
{
	uint64_t refused = ask(ledger, "billing-bot", "rotate-certificate", NOON);
	uint64_t given = ask_and_get(ledger, UINT64_MAX, "billing-bot", "rotate-certificate", NOON);

	(void)state;
	assert_int_equal(writ_ledger_refuse(ledger, refused, WRIT_REFUSAL_PARAMETERS,
					    "service: no such one", "service=billing", 30,
					    NOON + 1),
			 0);
	assert_int_equal(
		writ_ledger_end(ledger, UINT64_MAX, WRIT_END_REVOKED, "erin", 4, 2, NOON + 9), 0);
	reopen(BOOT);
	assert_int_equal(writ_ledger_request(ledger, refused, check_refused, NULL), 0);
	assert_int_equal(writ_ledger_request(ledger, given, check_granted, NULL), 0);
	assert_int_equal(
		writ_ledger_grants(ledger, &(struct writ_ledger_filter){0}, check_grant, &given),
		0);
	check_ledger(ledger->db);
}

/* What each step says of a request in each state; -EALREADY changes nothing. */
/* A request that has come to that state; @row is its grant. */
static uint64_t come_to(int state, uint64_t grant, struct writ_ledger_grant *row)
{
	uint64_t id = ask(ledger, "a", "p", NOON);
	int err = 0;

	*row = grant_row(grant, id, "a", "p", NOON);
	if (state == WRIT_REQUEST_STATE_PENDING)
		err = writ_ledger_pend(ledger, id, 9);
	if (state == WRIT_REQUEST_STATE_ISSUING || state == WRIT_REQUEST_STATE_GRANTED)
		err = writ_ledger_issue(ledger, id, NOON);
	if (!err && state == WRIT_REQUEST_STATE_GRANTED)
		err = writ_ledger_grant(ledger, row);
	if (state == WRIT_REQUEST_STATE_REFUSED)
		err = writ_ledger_refuse(ledger, id, WRIT_REFUSAL_ROLE, "", "", 0, NOON);
	if (state == WRIT_REQUEST_STATE_WITHDRAWN)
		err = writ_ledger_refuse(ledger, id, WRIT_REFUSAL_NONE, "", "", 0, NOON);
	assert_int_equal(err, 0);
	assert_int_equal(state_of(id), state);
	return id;
}

static int take(int step, uint64_t id, const struct writ_ledger_grant *row)
{
	switch (step) {
	case 0:
		return writ_ledger_pend(ledger, id, 10);
	case 1:
		return writ_ledger_vote(ledger, id, "alice", true, "", NOON);
	case 2:
		return writ_ledger_refuse(ledger, id, WRIT_REFUSAL_ROLE, "", "", 0, NOON);
	case 3:
		return writ_ledger_issue(ledger, id, NOON);
	default:
		return writ_ledger_grant(ledger, row);
	}
}

static void leads_from_states(void **state)
{
	static const int expected[WRIT_REQUEST_STATE_COUNT][5] = {
		/*			     pend, vote, refuse, issue, grant */
		[WRIT_REQUEST_STATE_OPEN] = {0, -EALREADY, 0, 0, -EALREADY},
		[WRIT_REQUEST_STATE_PENDING] = {0, 0, 0, 0, -EALREADY},
		[WRIT_REQUEST_STATE_ISSUING] = {0, -EALREADY, 0, -EALREADY, 0},
		[WRIT_REQUEST_STATE_GRANTED] = {-EALREADY, -EALREADY, -EALREADY, -EALREADY,
						-EALREADY},
		[WRIT_REQUEST_STATE_REFUSED] = {-EALREADY, -EALREADY, -EALREADY, -EALREADY,
						-EALREADY},
		[WRIT_REQUEST_STATE_WITHDRAWN] = {-EALREADY, -EALREADY, -EALREADY, -EALREADY,
						  -EALREADY},
	};
	uint64_t grant = 1;

	(void)state;
	for (int i = 0; i < WRIT_REQUEST_STATE_COUNT * 5; i++) {
		struct writ_ledger_grant row;
		int from = i / 5, step = i % 5, err;
		uint64_t id = come_to(from, grant++, &row);
		char *before = dump(ledger->db), *after;

		row.id = grant++;
		err = take(step, id, &row);
		after = dump(ledger->db);
		assert_int_equal(err, expected[from][step]);
		assert_int_equal(!strcmp(before, after), !!err);
		free(before);
		free(after);
	}
	check_ledger(ledger->db);
}

static void knows_no_such_row(void **state)
{
	struct writ_ledger_grant row = grant_row(1, 404, "a", "p", NOON);

	(void)state;
	assert_int_equal(writ_ledger_pend(ledger, 404, 1), -ENOENT);
	assert_int_equal(writ_ledger_vote(ledger, 404, "alice", true, "", NOON), -ENOENT);
	assert_int_equal(writ_ledger_refuse(ledger, 404, WRIT_REFUSAL_ROLE, "", "", 0, NOON),
			 -ENOENT);
	assert_int_equal(writ_ledger_issue(ledger, 404, NOON), -ENOENT);
	assert_int_equal(writ_ledger_grant(ledger, &row), -ENOENT);
	assert_int_equal(writ_ledger_end(ledger, 404, WRIT_END_EXPIRED, "", 0, 0, NOON), -ENOENT);
	assert_int_equal(writ_ledger_request(ledger, UINT64_MAX, see_request, NULL), -ENOENT);
	REQUESTS("", 0);
	GRANTS("", 0);
}

static void refuses_words_of_no_list(void **state)
{
	uint64_t id = ask(ledger, "a", "p", NOON);
	struct writ_ledger_grant row = grant_row(1, id, "a", "p", NOON);

	(void)state;
	assert_int_equal(writ_ledger_issue(ledger, id, NOON), 0);
	assert_int_equal(writ_ledger_refuse(ledger, id, WRIT_REFUSAL_COUNT, "", "", 0, NOON),
			 -EINVAL);
	row.clip = WRIT_CLIP_COUNT;
	assert_int_equal(writ_ledger_grant(ledger, &row), -EINVAL);
	row.clip = WRIT_CLIP_COUNT - 1;
	row.scope = WRIT_SCOPE_COUNT;
	assert_int_equal(writ_ledger_grant(ledger, &row), -EINVAL);
	row.scope = WRIT_SCOPE_COUNT - 1;
	assert_int_equal(writ_ledger_grant(ledger, &row), 0);
	assert_int_equal(writ_ledger_end(ledger, 1, WRIT_END_NONE, "", 0, 0, NOON), -EINVAL);
	assert_int_equal(writ_ledger_end(ledger, 1, WRIT_END_COUNT, "", 0, 0, NOON), -EINVAL);
	assert_int_equal(writ_ledger_end(ledger, 1, WRIT_END_COUNT - 1, "", 0, 0, NOON), 0);
}

static void votes_once(void **state)
{
	uint64_t id = ask(ledger, "a", "p", NOON);

	(void)state;
	assert_int_equal(writ_ledger_pend(ledger, id, 1), 0);
	assert_int_equal(writ_ledger_vote(ledger, id, "alice", true, "fine", NOON), 0);
	assert_int_equal(writ_ledger_vote(ledger, id, "alice", true, "again", NOON + 1), 0);
	assert_int_equal(writ_ledger_vote(ledger, id, "alice", false, "no, wait", NOON + 2), 0);
	assert_int_equal(writ_ledger_vote(ledger, id, "bob", true, "", NOON + 3), 0);
	assert_int_equal(number_of(ledger->db, "SELECT count(*) FROM votes"), 3);
	assert_int_equal(number_of(ledger->db, "SELECT count(*) FROM votes WHERE who = 'alice' AND "
					       "verdict = 1 AND comment = 'fine'"),
			 1);
}

static void ends_once(void **state)
{
	char *before, *after;

	(void)state;
	(void)ask_and_get(ledger, 1, "a", "p", NOON);
	assert_int_equal(writ_ledger_end(ledger, 1, WRIT_END_USED_UP, "", 0, 0, NOON), 0);
	before = dump(ledger->db);
	assert_int_equal(writ_ledger_end(ledger, 1, WRIT_END_REVOKED, "erin", 1, 1, NOON),
			 -EALREADY);
	after = dump(ledger->db);
	assert_string_equal(before, after);
	free(before);
	free(after);
	assert_int_equal(history_of("a", "p", 0).live, 0);
	/* a clock before 1970 makes no grant live on */
	(void)ask_and_get(ledger, 2, "a", "p", NOON);
	assert_int_equal(writ_ledger_end(ledger, 2, WRIT_END_EXPIRED, "", 0, 0, 0), 0);
	GRANTS("", .live = true);
}

static void gives_one_id_once(void **state)
{
	uint64_t id = ask(ledger, "a", "p", NOON);
	struct writ_ledger_grant row = grant_row(1, id, "a", "p", NOON);

	(void)state;
	(void)ask_and_get(ledger, 1, "a", "p", NOON);
	assert_int_equal(writ_ledger_issue(ledger, id, NOON), 0);
	assert_int_equal(writ_ledger_grant(ledger, &row), -EIO);
	assert_non_null(strstr(writ_ledger_error(ledger), "UNIQUE"));
	assert_int_equal(state_of(id), WRIT_REQUEST_STATE_ISSUING); /* no half of it */
	assert_int_equal(history_of("a", "p", 0).live, 2);
	row.id = 2;
	assert_int_equal(writ_ledger_grant(ledger, &row), 0);
	assert_int_equal(history_of("a", "p", 0).live, 2);
}

static void ends_with_the_boot(void **state)
{
	uint64_t pending = ask(ledger, "a", "p", NOON), issuing = ask(ledger, "a", "p", NOON);

	(void)state;
	assert_int_equal(writ_ledger_pend(ledger, pending, 1), 0);
	assert_int_equal(writ_ledger_issue(ledger, issuing, NOON), 0);
	(void)ask_and_get(ledger, 1, "a", "p", NOON - 300 * SECOND);
	(void)ask_and_get(ledger, 2, "a", "p", INT64_MAX - 300 * SECOND);
	(void)ask_and_get(ledger, 3, "a", "p", NOON);
	assert_int_equal(writ_ledger_end(ledger, 3, WRIT_END_COMPLETED, "", 0, 0, NOON), 0);
	reopen(BOOT);
	GRANTS("2 1", .live = true);
	assert_int_equal(state_of(pending), WRIT_REQUEST_STATE_PENDING);
	reopen(NEXT_BOOT);
	GRANTS("", .live = true);
	assert_int_equal(state_of(pending), WRIT_REQUEST_STATE_WITHDRAWN);
	assert_int_equal(state_of(issuing), WRIT_REQUEST_STATE_ISSUING);
	assert_int_equal(number_of(ledger->db, "SELECT count(*) FROM grants WHERE end = 'reboot'"),
			 2);
	assert_int_equal(number_of(ledger->db, "SELECT ended_at FROM grants WHERE id = 1"),
			 NOON - 120 * SECOND); /* it had expired by then */
	assert_int_equal(number_of(ledger->db, "SELECT ended_at < 9000000000000000000 FROM grants "
					       "WHERE id = 2"),
			 1);				   /* seen now */
	assert_int_equal(history_of("a", "p", 0).live, 1); /* the one that is being issued */
}

static void settle(void *context, const struct writ_ledger_request *row)
{
	struct writ_ledger_grant grant = grant_row(row->id, row->id, "a", "p", NOON);

	++*(int *)context;
	assert_int_equal(row->state, WRIT_REQUEST_STATE_ISSUING);
	if (row->id % 2)
		assert_int_equal(writ_ledger_grant(ledger, &grant), 0);
	else
		assert_int_equal(
			writ_ledger_refuse(ledger, row->id, WRIT_REFUSAL_CORE, "", "", 0, NOON), 0);
	/* the statement that gave this row asks again */
	assert_int_equal(writ_ledger_unsettled(ledger, see_request, NULL), 0);
}

static void settles_while_it_looks(void **state)
{
	int n = 0;

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(writ_ledger_issue(ledger, ask(ledger, "a", "p", NOON), NOON), 0);
	reopen(BOOT);
	seen[0] = '\0';
	assert_int_equal(writ_ledger_unsettled(ledger, settle, &n), 0);
	assert_int_equal(n, 4);
	assert_string_equal(seen, "3 2 1 2 1 1");
	check_ledger(ledger->db);
	assert_int_equal(history_of("a", "p", 0).live, 2);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(asks),
		CASE(decides),
		CASE(leads_from_states),
		CASE(knows_no_such_row),
		CASE(refuses_words_of_no_list),
		CASE(votes_once),
		CASE(ends_once),
		CASE(gives_one_id_once),
		CASE(ends_with_the_boot),
		CASE(settles_while_it_looks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
