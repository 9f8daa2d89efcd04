/* SPDX-License-Identifier: Apache-2.0 */
/*
 * broker/flow.c: requests that wait for a validator, and those that are withdrawn.
 */
#include "flow_helper.h"

/* The validator sees the request as the API shows it; nothing is proposed before it has spoken. */
static void validated(void **state)
{
	json_t *input;

	(void)state;
	api.verdict.validate = true;
	assert_int_equal(asks().state, WRIT_REQUEST_STATE_OPEN);
	assert_string_equal(trace_text, "ask validate");
	input = json_loads(api.input, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(input, "ticket")), "CHG-1");
	assert_string_equal(json_string_value(json_object_get(input, "agent")), "bot");
	assert_int_equal(json_integer_value(json_object_get(input, "id")), 1);
	json_decref(input);
	writ_flow_validated(&api.broker, 1, WRIT_REFUSAL_NONE, "");
	assert_string_equal(trace_text, "ask validate issue PROPOSE grant");
	assert_row(WRIT_REQUEST_STATE_GRANTED, WRIT_REFUSAL_NONE);
	assert_int_not_equal(api.passed, STDERR_FILENO);  /* its own copy of the connection */
	assert_int_equal(fcntl(api.passed, F_GETFD), -1); /* which is closed by now */
	assert_int_equal(api.woken, 0);			  /* there is no HTTP here */
	assert_string_equal(ledger.grants[0].parameters, "{\"service\":\"bil\\\"ling\"}");
	writ_flow_validated(&api.broker, 1, WRIT_REFUSAL_NONE, ""); /* it speaks once */
	assert_int_equal(ledger.n_grants, 1);
}

static void validator_refuses(void **state)
{
	(void)state;
	api.verdict.validate = true;
	api.denial.retry_after = 30;
	(void)asks();
	writ_flow_validated(&api.broker, 1, WRIT_REFUSAL_TICKET_REFUSED, "it is closed");
	assert_string_equal(trace_text, "ask validate RECORD refuse");
	assert_row(WRIT_REQUEST_STATE_REFUSED, WRIT_REFUSAL_TICKET_REFUSED);
	assert_string_equal(ledger.requests[0].message, "it is closed");
	assert_string_equal(ledger.requests[0].remedy,
			    "writ request p service=VALUE --ticket TICKET");
	assert_int_equal(ledger.requests[0].retry_after, 30);
}

/* It is not the ticket's fault: who can help is an operator. */
static void validator_fails(void **state)
{
	(void)state;
	api.verdict.validate = true;
	(void)asks();
	writ_flow_validated(&api.broker, 1, WRIT_REFUSAL_VALIDATOR, "it was killed by signal 9");
	assert_row(WRIT_REQUEST_STATE_REFUSED, WRIT_REFUSAL_VALIDATOR);
	assert_string_equal(ledger.requests[0].remedy,
			    "an operator looks at the command of the Node document: "
			    "ticket_validator");
}

/* While the validator ran another request has taken the last place. */
static void judged_again(void **state)
{
	(void)state;
	api.verdict.validate = true;
	api.changes = true;
	api.later = (struct writ_evaluation){.refusal = WRIT_REFUSAL_CONCURRENCY,
					     .message = "one lives"};
	(void)asks();
	writ_flow_validated(&api.broker, 1, WRIT_REFUSAL_NONE, "");
	assert_string_equal(trace_text, "ask validate RECORD refuse");
	assert_row(WRIT_REQUEST_STATE_REFUSED, WRIT_REFUSAL_CONCURRENCY);
}

static void policy_goes_while_validating(void **state)
{
	struct writ_policy *policy = api.broker.policy;

	(void)state;
	api.verdict.validate = true;
	(void)asks();
	api.broker.policy = NULL;
	writ_flow_validated(&api.broker, 1, WRIT_REFUSAL_NONE, "");
	assert_row(WRIT_REQUEST_STATE_REFUSED, WRIT_REFUSAL_POLICY);
	api.broker.policy = policy;
}

static void history_goes_while_validating(void **state)
{
	(void)state;
	api.verdict.validate = true;
	(void)asks();
	ledger.broken = "history";
	writ_flow_validated(&api.broker, 1, WRIT_REFUSAL_NONE, "");
	assert_row(WRIT_REQUEST_STATE_REFUSED, WRIT_REFUSAL_UNAVAILABLE);
}

static void validator_does_not_start(void **state)
{
	struct writ_flow_result result;

	(void)state;
	api.verdict.validate = true;
	api.start = -EBUSY;
	result = asks();
	assert_int_equal(result.refusal, WRIT_REFUSAL_VALIDATOR);
	assert_int_equal(result.retry_after, 1);
	assert_row(WRIT_REQUEST_STATE_REFUSED, WRIT_REFUSAL_VALIDATOR);
	writ_flow_validated(&api.broker, 1, WRIT_REFUSAL_NONE, ""); /* a late yes gives nothing */
	assert_int_equal(ledger.n_grants, 0);
}

/* As many as validators run, and one more. */
static void validations_at_the_limit(void **state)
{
	(void)state;
	api.verdict.validate = true;
	for (uint32_t i = 0; i < WRIT_VALIDATIONS_MAX; i++)
		assert_int_equal(asks().state, WRIT_REQUEST_STATE_OPEN);
	assert_int_equal(asks().refusal, WRIT_REFUSAL_VALIDATOR);
	writ_flow_validated(&api.broker, 1, WRIT_REFUSAL_NONE, "");
	assert_int_equal(asks().state, WRIT_REQUEST_STATE_OPEN);
}

static int withdraws(uint64_t id, char error[WRIT_ERROR_SIZE])
{
	const struct writ_ledger_request *row = ledger_row(id);

	return writ_flow_withdraw(&api.broker, id, row->state, row->proposal, error);
}

static void withdrawn(void **state)
{
	char error[WRIT_ERROR_SIZE];

	(void)state;
	api.verdict.approvals = 1;
	(void)asks();
	assert_int_equal(withdraws(1, error), 0);
	assert_string_equal(trace_text, "ask PROPOSE pend WITHDRAW refuse");
	assert_int_equal(api.asked.proposal, 1);
	assert_row(WRIT_REQUEST_STATE_WITHDRAWN, WRIT_REFUSAL_NONE);
	assert_int_equal(withdraws(1, error), -EALREADY);
	ledger.requests[0].state = WRIT_REQUEST_STATE_ISSUING;
	assert_int_equal(withdraws(1, error), -EBUSY);
}

static void withdrawn_from_the_validator(void **state)
{
	char error[WRIT_ERROR_SIZE];

	(void)state;
	api.verdict.validate = true;
	(void)asks();
	assert_int_equal(withdraws(1, error), 0);
	writ_flow_validated(&api.broker, 1, WRIT_REFUSAL_NONE, "");
	assert_string_equal(trace_text, "ask validate refuse RECORD");
	assert_int_equal(api.recorded.refusal, WRIT_REFUSAL_NONE);
	assert_int_equal(api.recorded.ledger, 1);
	assert_string_equal(api.recorded.context.tool_call, "call-7");
	assert_row(WRIT_REQUEST_STATE_WITHDRAWN, WRIT_REFUSAL_NONE);
}

/* The core forgets first: what it still knows people could approve. */
static void withdrawal_fails(void **state)
{
	char error[WRIT_ERROR_SIZE];

	(void)state;
	api.verdict.approvals = 1;
	(void)asks();
	api.code = -EPIPE;
	assert_int_equal(withdraws(1, error), -EPIPE);
	assert_row(WRIT_REQUEST_STATE_PENDING, WRIT_REFUSAL_NONE);
	api.code = -ENOENT; /* another core, which never knew it */
	ledger.broken = "refuse";
	assert_int_equal(withdraws(1, error), -EIO);
	assert_non_null(strstr(error, "disk is full"));
	ledger.broken = NULL;
	assert_int_equal(withdraws(1, error), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		API_TEST(validated),
		API_TEST(validator_refuses), API_TEST(validator_fails),
		API_TEST(judged_again),
		API_TEST(policy_goes_while_validating),
		API_TEST(history_goes_while_validating),
		API_TEST(validator_does_not_start),
		API_TEST(validations_at_the_limit),
		API_TEST(withdrawn),
		API_TEST(withdrawn_from_the_validator),
		API_TEST(withdrawal_fails),
	};

	return cmocka_run_group_tests(tests, NULL, api_leave);
}
