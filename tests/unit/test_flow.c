/* SPDX-License-Identifier: Apache-2.0 */
/*
 * broker/flow.c: the order of what is written and asked, and what each failure leaves behind. The
 * order is in `trace_text`: the ledger's calls in small letters, the core's verbs in capitals.
 */
#include "flow_helper.h"

static struct writ_flow_result ask_for(const char *name)
{
	struct writ_flow_result result;

	sponsor = name;
	result = asks();
	sponsor = "";
	return result;
}

/* The row says ISSUING before the core hears of it, and GRANTED after. */
static void granted(void **state)
{
	struct writ_flow_result result = asks();

	(void)state;
	assert_string_equal(trace_text, "ask issue PROPOSE grant");
	assert_int_equal(result.state, WRIT_REQUEST_STATE_GRANTED);
	assert_int_equal(result.refusal, WRIT_REFUSAL_NONE);
	assert_row(WRIT_REQUEST_STATE_GRANTED, WRIT_REFUSAL_NONE);
	assert_string_equal(ledger.requests[0].agent, "bot"); /* not what it said it is */
	assert_string_equal(ledger.requests[0].role, "r");
	assert_string_equal(ledger.requests[0].parameters, "{\"service\":\"bil\\\"ling\"}");
	assert_int_equal(ledger.requests[0].uid, 1000);
	assert_int_equal(ledger.requests[0].pid, 42);
	assert_string_equal(ledger.requests[0].requester, "");
	assert_int_equal(api.passed, STDERR_FILENO);
	assert_string_equal(api.asked.agent, "bot");
	assert_int_equal(api.asked.flags, WRIT_PROPOSE_ISSUE);
	assert_int_equal(api.asked.ledger, 1);
	assert_int_equal(api.asked.ttl_ns, 180 * WRIT_NS_PER_SECOND);
	assert_string_equal(api.asked.context.tool_call, "call-7");
	assert_int_equal(ledger.n_grants, 1);
	assert_string_equal(ledger.grants[0].environment, "prod");
	assert_string_equal(ledger.grants[0].parameters, ledger.requests[0].parameters);
	assert_int_equal(ledger.grants[0].clip, WRIT_CLIP_ROLE);
	assert_int_equal(ledger.grants[0].expires_at - ledger.grants[0].begins_at,
			 180 * WRIT_NS_PER_SECOND);
	assert_string_equal(ledger.grants[0].context.tool_call, "call-7");
}

static void pushed(void **state)
{
	(void)state;
	api.agent.suspended = 1; /* not who is asked for */
	assert_int_equal(ask_as(true, "p").state, WRIT_REQUEST_STATE_GRANTED);
	assert_string_equal(api.asked.agent, "other");
	assert_true(api.asker.by_operator);
	assert_string_equal(ledger.requests[0].requester, "root");
	assert_true(ledger.requests[0].by_operator);
	assert_string_equal(ledger.requests[0].role, "r");
	assert_string_equal(ledger.requests[0].environment, "prod");
}

static void who_asks_is_judged(void **state)
{
	(void)state;
	api.agent.suspended = 1;
	api.agent.frozen = 1;
	(void)asks();
	assert_false(api.asker.sponsor_known);
	(void)ask_for("root");
	assert_true(api.asker.sponsor_known);
	(void)ask_for("no-such-user");
	assert_false(api.asker.sponsor_known);
	assert_true(api.asker.suspended);
	assert_true(api.asker.frozen);
	assert_false(api.asker.by_operator);
}

static void pending(void **state)
{
	struct writ_flow_result result;

	(void)state;
	api.verdict.approvals = api.needed = 2;
	result = asks();
	assert_string_equal(trace_text, "ask PROPOSE pend");
	assert_int_equal(api.asked.flags, 0);
	assert_int_equal(result.state, WRIT_REQUEST_STATE_PENDING);
	assert_int_equal(result.needed, 2);
	assert_int_equal(result.given, 0);
	assert_row(WRIT_REQUEST_STATE_PENDING, WRIT_REFUSAL_NONE);
	assert_int_equal(ledger.requests[0].proposal, 1);
}

static void refused(void **state)
{
	struct writ_flow_result result;

	(void)state;
	api.verdict = (struct writ_evaluation){
		.refusal = WRIT_REFUSAL_ROLE, .retry_after = 7, .message = "no", .remedy = "that"};
	result = asks();
	assert_string_equal(trace_text, "ask RECORD refuse"); /* it is proposed to nobody */
	assert_int_equal(result.state, WRIT_REQUEST_STATE_REFUSED);
	assert_int_equal(result.refusal, WRIT_REFUSAL_ROLE);
	assert_int_equal(result.retry_after, 7);
	assert_string_equal(result.message, "no");
	assert_string_equal(result.remedy, "that");
	assert_row(WRIT_REQUEST_STATE_REFUSED, WRIT_REFUSAL_ROLE);
	assert_string_equal(ledger.requests[0].message, "no");
	assert_int_equal(ledger.requests[0].retry_after, 7);
	assert_int_equal(api.recorded.verb, WRIT_VERB_RECORD);
	assert_int_equal(api.recorded.refusal, WRIT_REFUSAL_ROLE);
	assert_int_equal(api.recorded.ledger, 1);
	assert_int_equal(api.recorded.proposal, 0);
	assert_int_equal(api.recorded.n_parameters, 0);
	assert_int_equal(api.recorded_of, STDERR_FILENO); /* who asked is the core's to say */
	assert_string_equal(api.recorded.agent, "bot");
	assert_string_equal(api.recorded.playbook, "p");
	assert_string_equal(api.recorded.ticket, "CHG-1");
	assert_string_equal(api.recorded.context.tool_call, "call-7");
}

/* One that the core does not put on record is refused all the same. */
static void refused_without_record(void **state)
{
	(void)state;
	api.verdict = (struct writ_evaluation){.refusal = WRIT_REFUSAL_ROLE, .message = "no"};
	api.record_code = -ENOMEM;
	assert_int_equal(asks().refusal, WRIT_REFUSAL_ROLE);
	assert_row(WRIT_REQUEST_STATE_REFUSED, WRIT_REFUSAL_ROLE);
	api.record_code = 0;
}

static void no_policy(void **state)
{
	struct writ_policy *policy = api.broker.policy;
	struct writ_flow_result result;

	(void)state;
	api.broker.policy = NULL;
	result = asks();
	assert_int_equal(result.refusal, WRIT_REFUSAL_POLICY);
	assert_string_equal(trace_text, "ask RECORD refuse");
	assert_int_equal(ask_as(true, "p").refusal, WRIT_REFUSAL_POLICY);
	api.broker.policy = policy;
}

/* One denial too many: the core suspends; if it does not, the asker and the record say so. */
static void suspended(void **state)
{
	struct writ_flow_result result;

	(void)state;
	ledger.history.denials = 4;
	api.verdict = (struct writ_evaluation){
		.refusal = WRIT_REFUSAL_ROLE, .suspend = true, .message = "no"};
	result = asks();
	assert_string_equal(trace_text, "ask SUSPEND RECORD refuse");
	assert_string_equal(api.asked.agent, "bot");
	assert_string_equal(api.asked.reason, "5 requests were denied in a row");
	assert_string_equal(result.message,
			    "no; the agent is suspended until an operator resumes it");
	api.code = -EPERM;
	result = asks();
	assert_string_equal(result.message, "no; the agent should be suspended, but the core did "
					    "not do it: the core says no");
	assert_int_equal(result.refusal, WRIT_REFUSAL_ROLE);
}

static void core_refuses(void **state)
{
	struct writ_flow_result result;

	(void)state;
	api.code = -EACCES;
	api.denial.retry_after = 9;
	api.denial.suspend = true;
	result = asks();
	assert_string_equal(trace_text, "ask issue PROPOSE SUSPEND RECORD refuse");
	assert_int_equal(result.state, WRIT_REQUEST_STATE_REFUSED);
	assert_int_equal(result.refusal, WRIT_REFUSAL_CORE);
	assert_int_equal(result.retry_after, 9);
	assert_memory_equal(result.message, "the core says no; ", 18);
	assert_row(WRIT_REQUEST_STATE_REFUSED, WRIT_REFUSAL_CORE);
}

/* Codes of the core that say why have that word; all others are its own affair. */
static void core_says_why(void **state)
{
	static const struct {
		int code;
		enum writ_refusal refusal;
		const char *remedy;
	} cases[] = {
		{-ESHUTDOWN, WRIT_REFUSAL_FROZEN, "an operator lifts it: writ thaw"},
		{-EKEYREVOKED, WRIT_REFUSAL_SUSPENDED,
		 "an operator looks at it and lifts it: writ resume bot"},
		{-ENODATA, WRIT_REFUSAL_POLICY, "an operator mends it: writ policy check"},
		{-EBUSY, WRIT_REFUSAL_CONCURRENCY, ""},
		{-EDQUOT, WRIT_REFUSAL_CONCURRENCY, ""},
		{-ENOBUFS, WRIT_REFUSAL_UNAVAILABLE, ""},
		{-EINVAL, WRIT_REFUSAL_CORE, ""},
		{-EPERM, WRIT_REFUSAL_CORE, ""},
		{-EEXIST, WRIT_REFUSAL_CORE, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)api_set_up(NULL);
		api.code = cases[i].code;
		assert_int_equal(asks().refusal, cases[i].refusal);
		assert_row(WRIT_REQUEST_STATE_REFUSED, cases[i].refusal);
		assert_string_equal(ledger.requests[0].remedy, cases[i].remedy);
		assert_false(api.broker.unsettled);
	}
}

/* What an operator does wrong suspends no agent. */
static void core_refuses_a_push(void **state)
{
	(void)state;
	api.code = -EACCES;
	api.denial.suspend = true;
	assert_int_equal(ask_as(true, "p").refusal, WRIT_REFUSAL_CORE);
	assert_string_equal(trace_text, "ask issue PROPOSE RECORD refuse");
}

/* Nobody knows whether it is in force: the row stays ISSUING until the core can be asked. */
static void core_lost_while_issuing(void **state)
{
	static const int lost[] = {-EPIPE, -ETIMEDOUT, -EPROTO};

	(void)state;
	for (size_t i = 0; i < sizeof(lost) / sizeof(lost[0]); i++) {
		struct writ_flow_result result;

		(void)api_set_up(NULL);
		api.code = lost[i];
		result = asks();
		assert_string_equal(trace_text, "ask issue PROPOSE");
		assert_int_equal(result.state, WRIT_REQUEST_STATE_ISSUING);
		assert_int_equal(result.refusal, WRIT_REFUSAL_UNAVAILABLE);
		assert_int_equal(result.id, 1);
		assert_row(WRIT_REQUEST_STATE_ISSUING, WRIT_REFUSAL_NONE);
		assert_true(api.broker.unsettled);
	}
}

/* What was not to be issued is not in force, so it is refused. */
static void core_lost_while_proposing(void **state)
{
	(void)state;
	api.verdict.approvals = 1;
	api.code = -ETIMEDOUT;
	assert_int_equal(asks().state, WRIT_REQUEST_STATE_REFUSED);
	assert_string_equal(trace_text, "ask PROPOSE RECORD refuse");
	assert_row(WRIT_REQUEST_STATE_REFUSED, WRIT_REFUSAL_UNAVAILABLE);
}

/* An answer that does not fit the question is none, in each of these ways. */
static void core_talks_nonsense(void **state)
{
	(void)state;
	for (unsigned int way = 0; way < 6; way++) {
		struct writ_reply *grant = &api.rows[0], *proposal = &api.rows[0];

		(void)api_set_up(NULL);
		api.n_rows = 1;
		grant->type = way < 3 ? WRIT_REPLY_GRANT : WRIT_REPLY_PROPOSAL;
		if (way < 3) {
			grant->grant.info.ledger = way == 0 ? 2 : 1; /* another request's */
			grant->grant.info.id = way == 1 ? 0 : 5;
			api.code = way == 2 ? -EACCES : 0; /* issued, and refused */
		} else {
			proposal->proposal.ledger = way == 3 ? 2 : 1;
			proposal->proposal.proposal = way == 4 ? 0 : 5;
			proposal->proposal.state =
				way == 5 ? WRIT_PROPOSAL_READY : WRIT_PROPOSAL_PENDING;
		}
		assert_int_equal(asks().state, WRIT_REQUEST_STATE_ISSUING);
		assert_string_equal(trace_text, "ask issue PROPOSE");
		assert_int_equal(ledger.n_grants, 0);
		assert_true(api.broker.unsettled);
	}
}

/* The core's policy wants approvals, the broker's does not: people are asked. */
static void core_wants_approvals(void **state)
{
	(void)state;
	api.n_rows = 1;
	api.rows[0].type = WRIT_REPLY_PROPOSAL;
	api.rows[0].proposal = (struct writ_proposal_row){
		.proposal = 9, .ledger = 1, .needed = 3, .state = WRIT_PROPOSAL_PENDING};
	assert_int_equal(asks().state, WRIT_REQUEST_STATE_PENDING);
	assert_string_equal(trace_text, "ask issue PROPOSE pend");
	assert_int_equal(ledger.requests[0].proposal, 9);
}

/* And the other way round: nothing is issued that the policy on disk wants approved. */
static void core_wants_no_approvals(void **state)
{
	struct writ_flow_result result;

	(void)state;
	api.verdict.approvals = 1;
	api.n_rows = 1;
	api.rows[0].type = WRIT_REPLY_PROPOSAL;
	api.rows[0].proposal = (struct writ_proposal_row){
		.proposal = 9, .ledger = 1, .state = WRIT_PROPOSAL_READY};
	result = asks();
	assert_int_equal(result.refusal, WRIT_REFUSAL_CORE);
	assert_non_null(strstr(result.message, "writ policy apply"));
	assert_string_equal(trace_text, "ask PROPOSE WITHDRAW RECORD refuse");
	assert_int_equal(api.asked.proposal, 9);
}

/* Every write of the ledger fails in turn; nothing is proposed that is not written down. */
static void ledger_fails(void **state)
{
	static const struct {
		const char *broken;
		uint32_t approvals;
		const char *trace;
		enum writ_request_state row; /* COUNT: there is none */
		enum writ_request_state said;
	} cases[] = {
		{"history", 0, "RECORD", WRIT_REQUEST_STATE_COUNT, WRIT_REQUEST_STATE_REFUSED},
		{"ask", 0, "RECORD", WRIT_REQUEST_STATE_COUNT, WRIT_REQUEST_STATE_REFUSED},
		{"issue", 0, "ask RECORD refuse", WRIT_REQUEST_STATE_REFUSED,
		 WRIT_REQUEST_STATE_REFUSED},
		{"issue refuse", 0, "ask RECORD", WRIT_REQUEST_STATE_OPEN,
		 WRIT_REQUEST_STATE_REFUSED},
		{"grant", 0, "ask issue PROPOSE", WRIT_REQUEST_STATE_ISSUING,
		 WRIT_REQUEST_STATE_ISSUING},
		{"pend", 1, "ask PROPOSE WITHDRAW RECORD refuse", WRIT_REQUEST_STATE_REFUSED,
		 WRIT_REQUEST_STATE_REFUSED},
		{"pend refuse", 1, "ask PROPOSE WITHDRAW RECORD", WRIT_REQUEST_STATE_OPEN,
		 WRIT_REQUEST_STATE_REFUSED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct writ_flow_result result;

		(void)api_set_up(NULL);
		ledger.broken = cases[i].broken;
		api.verdict.approvals = cases[i].approvals;
		result = asks();
		assert_string_equal(trace_text, cases[i].trace);
		assert_int_equal(result.refusal, WRIT_REFUSAL_UNAVAILABLE);
		assert_int_equal(result.state, cases[i].said);
		assert_non_null(strstr(result.message, "disk is full"));
		assert_int_equal(ledger.n_requests,
				 cases[i].row == WRIT_REQUEST_STATE_COUNT ? 0 : 1);
		if (ledger.n_requests)
			assert_int_equal(ledger.requests[0].state, cases[i].row);
		assert_int_equal(api.broker.unsettled != 0,
				 cases[i].said == WRIT_REQUEST_STATE_ISSUING);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		API_TEST(granted),
		API_TEST(pushed),
		API_TEST(who_asks_is_judged),
		API_TEST(pending),
		API_TEST(refused),
		API_TEST(refused_without_record),
		API_TEST(no_policy),
		API_TEST(suspended),
		API_TEST(core_refuses),
		API_TEST(core_says_why),
		API_TEST(core_refuses_a_push),
		API_TEST(core_lost_while_issuing),
		API_TEST(core_lost_while_proposing),
		API_TEST(core_talks_nonsense),
		API_TEST(core_wants_approvals),
		API_TEST(core_wants_no_approvals),
		API_TEST(ledger_fails),
	};

	return cmocka_run_group_tests(tests, NULL, api_leave);
}
