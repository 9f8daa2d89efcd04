/* SPDX-License-Identifier: Apache-2.0 */
/* What the core says without having been asked: ends, decisions, policies, lost notices. */
#include "settle_helper.h"

#include "broker/gather.h"
#include "broker/ledger_sql.h"

static uint32_t cut_sockets;

static void tell(enum writ_notice what, uint64_t id, const struct writ_reply *proposal)
{
	struct writ_reply row = {.version = WRIT_CONTROL_VERSION, .type = WRIT_REPLY_NOTICE};

	row.notice.notice = what;
	row.notice.grant = id;
	row.notice.end = WRIT_END_REVOKED;
	row.notice.cut_files = 3;
	row.notice.cut_sockets = cut_sockets;
	row.notice.time_ns = writ_time_boot();
	(void)strcpy(row.notice.by, "alice");
	if (proposal)
		row.notice.proposal = proposal->proposal;
	send_rows(&row, 1);
}

static void an_end_is_written_once(void **state)
{
	uint64_t id = ask_issuing();

	(void)state;
	core.grants[core.n_grants++] = grant_row(5, id);
	assert_int_equal(writ_settle_all(&broker), 0);
	tell(WRIT_NOTICE_GRANT, 5, NULL);
	tell(WRIT_NOTICE_GRANT, 5, NULL);
	tell(WRIT_NOTICE_GRANT, 77, NULL); /* another ledger's */
	assert_int_equal(writ_inbox_take(&broker), 0);
	assert_int_equal(end_of(5), WRIT_END_REVOKED);
	assert_int_equal(grant.cut_files, 3);
	assert_string_equal(grant.ended_by, "alice");
	assert_int_equal(broker.unsettled, 0);
}

/* It is known some time after the end, and changes nothing else of it. */
static void what_an_end_cut_is_written(void **state)
{
	uint64_t id = ask_issuing();

	(void)state;
	core.grants[core.n_grants++] = grant_row(5, id);
	assert_int_equal(writ_settle_all(&broker), 0);
	tell(WRIT_NOTICE_GRANT, 5, NULL);
	cut_sockets = 2;
	tell(WRIT_NOTICE_CUT, 5, NULL);
	tell(WRIT_NOTICE_CUT, 77, NULL); /* root's own */
	cut_sockets = 0;
	assert_int_equal(writ_inbox_take(&broker), 0);
	assert_int_equal(end_of(5), WRIT_END_REVOKED);
	assert_int_equal(grant.cut_files, 3);
	assert_int_equal(grant.cut_sockets, 2);
	assert_string_equal(grant.ended_by, "alice");
}

/* More than the channel holds. */
static void *tell_all_ends(void *argument)
{
	for (uint64_t i = 1; i <= ROWS_MAX; i++)
		tell(WRIT_NOTICE_GRANT, i, NULL);
	return argument;
}

/* More than one transaction takes. */
static void many_ends_are_all_written(void **state)
{
	pthread_t teller;

	(void)state;
	for (uint64_t i = 1; i <= ROWS_MAX; i++)
		core.grants[core.n_grants++] = grant_row(i, ask_issuing());
	assert_int_equal(writ_settle_all(&broker), 0);
	assert_int_equal(pthread_create(&teller, NULL, tell_all_ends, NULL), 0);
	while (end_of(ROWS_MAX) == WRIT_END_NONE)
		assert_int_equal(writ_inbox_take(&broker), 0);
	assert_int_equal(pthread_join(teller, NULL), 0);
	for (uint64_t i = 1; i <= ROWS_MAX; i++)
		assert_int_equal(end_of(i), WRIT_END_REVOKED);
	assert_int_equal(broker.unsettled, 0);
}

/* Then ledger and core are brought together. */
static void ends_that_are_not_written_are_settled(void **state)
{
	uint64_t id = ask_issuing();

	(void)state;
	core.grants[core.n_grants++] = grant_row(5, id);
	assert_int_equal(writ_settle_all(&broker), 0);
	assert_int_equal(sqlite3_exec(broker.ledger->db,
				      "CREATE TEMP TRIGGER fails BEFORE UPDATE OF end ON grants "
				      "BEGIN SELECT RAISE(ROLLBACK, 'no'); END",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	tell(WRIT_NOTICE_GRANT, 5, NULL);
	assert_int_equal(writ_inbox_take(&broker), 0);
	assert_int_not_equal(broker.unsettled, 0);
	assert_int_equal(end_of(5), WRIT_END_NONE);
}

static void an_approved_request_is_issued(void **state)
{
	uint64_t id = ask_pending(8);

	(void)state;
	tell(WRIT_NOTICE_PROPOSAL, 0, proposal_row(8, id, WRIT_PROPOSAL_READY));
	assert_int_equal(writ_inbox_take(&broker), 0);
	assert_int_equal(state_of(id), WRIT_REQUEST_STATE_GRANTED);
	assert_int_equal(request.grant, 78);
	core.issued = 0;
	tell(WRIT_NOTICE_PROPOSAL, 0, &core.proposals[0]); /* replayed */
	assert_int_equal(writ_inbox_take(&broker), 0);
	assert_int_equal(core.issued, 0);
}

static void what_the_core_refuses_is_refused(void **state)
{
	uint64_t id = ask_pending(8);

	(void)state;
	core.issue_code = -EPERM;
	tell(WRIT_NOTICE_PROPOSAL, 0, proposal_row(8, id, WRIT_PROPOSAL_READY));
	assert_int_equal(writ_inbox_take(&broker), 0);
	assert_int_equal(state_of(id), WRIT_REQUEST_STATE_REFUSED);
	assert_int_equal(request.refusal, WRIT_REFUSAL_CORE);
	assert_string_equal(request.message, "the agent is suspended");
	assert_int_equal(core.recorded.verb, WRIT_VERB_RECORD);
	assert_int_equal(core.recorded.proposal, 8); /* who asked for what the core knows */
	assert_int_equal(core.recorded.refusal, WRIT_REFUSAL_CORE);
}

static void a_proposal_that_is_gone_is_refused(void **state)
{
	uint64_t old = ask_pending(8);
	uint64_t changed = ask_pending(9);
	struct writ_reply *row = proposal_row(8, old, WRIT_PROPOSAL_GONE);

	(void)state;
	row->proposal.until_ns = 1;
	(void)strcpy(row->proposal.answer, "it is too old");
	tell(WRIT_NOTICE_PROPOSAL, 0, row);
	(void)strcpy(proposal_row(9, changed, WRIT_PROPOSAL_GONE)->proposal.answer,
		     "the policy has it no more");
	tell(WRIT_NOTICE_PROPOSAL, 0, &core.proposals[1]);
	assert_int_equal(writ_inbox_take(&broker), 0);
	assert_int_equal(state_of(old), WRIT_REQUEST_STATE_REFUSED);
	assert_int_equal(request.refusal, WRIT_REFUSAL_NOT_APPROVED);
	assert_int_equal(state_of(changed), WRIT_REQUEST_STATE_REFUSED);
	assert_string_equal(request.message, "the policy has it no more");
}

static void a_core_that_ends_in_an_issue_leaves_it_issuing(void **state)
{
	uint64_t id = ask_pending(8);

	(void)state;
	core.deaf = true;
	tell(WRIT_NOTICE_PROPOSAL, 0, proposal_row(8, id, WRIT_PROPOSAL_READY));
	assert_int_equal(writ_inbox_take(&broker), -EPIPE);
	assert_int_equal(state_of(id), WRIT_REQUEST_STATE_ISSUING);
}

static void lost_notices_bring_all_together(void **state)
{
	uint64_t id = ask_issuing();

	(void)state;
	core.grants[core.n_grants++] = grant_row(5, id);
	tell(WRIT_NOTICE_RESYNC, 0, NULL);
	assert_int_equal(writ_inbox_take(&broker), 0);
	assert_int_not_equal(broker.unsettled, 0);
	assert_int_equal(writ_inbox_retry(&broker), 0);
	assert_int_equal(broker.unsettled, 0);
	assert_int_equal(state_of(id), WRIT_REQUEST_STATE_GRANTED);
}

static uint32_t denials(void)
{
	struct writ_history history;

	assert_int_equal(writ_ledger_history(broker.ledger, "bot", "rotate", 0, &history), 0);
	return history.denials;
}

static void who_is_resumed_is_forgiven(void **state)
{
	struct writ_reply row = {0};

	(void)state;
	assert_int_equal(writ_ledger_refuse(broker.ledger, ask(), WRIT_REFUSAL_ROLE, "", "", 0, 5),
			 0);
	assert_int_equal(denials(), 1);
	tell(WRIT_NOTICE_SWITCH, 0, NULL); /* another switch */
	assert_int_equal(writ_inbox_take(&broker), 0);
	assert_int_equal(denials(), 1);
	(void)strcpy(row.proposal.agent, "bot");
	tell(WRIT_NOTICE_SWITCH, 0, &row);
	assert_int_equal(writ_inbox_take(&broker), 0);
	assert_int_equal(denials(), 0);
}

static void write_policy(const char *text)
{
	char path[96];
	FILE *stream;

	(void)snprintf(path, sizeof(path), "%s/policy.yaml", directory);
	stream = fopen(path, "we");
	assert_non_null(stream);
	(void)fputs(text, stream);
	assert_int_equal(fclose(stream), 0);
}

static void another_policy_is_read(void **state)
{
	(void)state;
	write_policy("apiVersion: writ/v1\nkind: Role\nname: a\n");
	tell(WRIT_NOTICE_POLICY, 0, NULL);
	assert_int_equal(writ_inbox_take(&broker), 0);
	assert_non_null(broker.policy);
	assert_non_null(writ_policy_role(broker.policy, "a"));
	write_policy("kind: Rubbish\n");
	tell(WRIT_NOTICE_POLICY, 0, NULL);
	assert_int_equal(writ_inbox_take(&broker), 0);
	assert_null(broker.policy); /* not the old one: nobody knows what is in force */
	assert_false(broker.stopping);
}

/* A request that is written down, and not put to the core yet; its agent has left. */
static void take_in_hand(void)
{
	static struct writ_attest_row caller = {.agent = "bot", .role = "r", .agent_index = 2};
	static const struct writ_request wanted = {.playbook = "rotate"};
	struct writ_http_kept *kept = NULL;
	struct writ_http_request asker = {.fd = STDERR_FILENO, .caller = &caller, .kept = &kept};

	write_policy("apiVersion: writ/v1\nkind: Role\nname: r\nplaybooks: [rotate]\n---\n"
		     "apiVersion: writ/v1\nkind: Playbook\nname: rotate\n"
		     "ttl: {default: 3m, max: 10m}\nfiles: [{path: /a, allow: [read]}]\n---\n"
		     "apiVersion: writ/v1\nkind: Agent\nname: bot\nrole: r\n"
		     "match: {cgroup: /bot}\n");
	writ_inbox_policy(&broker);
	assert_non_null(broker.policy);
	assert_int_equal(writ_gather_add(&broker, &asker, &wanted), 0);
	(void)writ_gather_begin(&broker);
	(void)writ_gather_end(&broker);
	assert_int_equal(state_of(1), WRIT_REQUEST_STATE_ISSUING);
	kept->release(kept);
}

/* The core has nothing of it yet: to settle it now would be to say that it was lost. */
static void what_is_in_hand_is_issued_before_all_is_settled(void **state)
{
	(void)state;
	take_in_hand();
	broker.unsettled = 1;
	assert_int_equal(writ_inbox_retry(&broker), 0);
	assert_int_equal(broker.unsettled, 0);
	assert_int_equal(state_of(1), WRIT_REQUEST_STATE_GRANTED);
	assert_int_equal(end_of(90), WRIT_END_NONE);
}

/* What it was judged by is still there when its grant is written down. */
static void what_is_in_hand_is_issued_before_the_policy_goes(void **state)
{
	(void)state;
	take_in_hand();
	write_policy("kind: Rubbish\n");
	tell(WRIT_NOTICE_POLICY, 0, NULL);
	assert_int_equal(writ_inbox_take(&broker), 0);
	assert_null(broker.policy);
	assert_int_equal(state_of(1), WRIT_REQUEST_STATE_GRANTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(an_end_is_written_once),
		CASE(what_an_end_cut_is_written),
		CASE(many_ends_are_all_written),
		CASE(ends_that_are_not_written_are_settled),
		CASE(an_approved_request_is_issued),
		CASE(what_the_core_refuses_is_refused),
		CASE(a_proposal_that_is_gone_is_refused),
		CASE(a_core_that_ends_in_an_issue_leaves_it_issuing),
		CASE(lost_notices_bring_all_together),
		CASE(who_is_resumed_is_forgiven),
		CASE(another_policy_is_read),
		CASE(what_is_in_hand_is_issued_before_all_is_settled),
		CASE(what_is_in_hand_is_issued_before_the_policy_goes),
	};

	writ_log_open("test", WRIT_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
