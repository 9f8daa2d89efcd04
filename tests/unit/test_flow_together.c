/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that have come together: all rows before the first question to the core, each with its
 * own outcome, and nothing said to be on record that is not.
 */
#include "api_helper.h"

static struct writ_attest_row callers[WRIT_FLOW_TOGETHER_MAX];
static struct writ_request wanted[WRIT_FLOW_TOGETHER_MAX];
static struct writ_flow_question questions[WRIT_FLOW_TOGETHER_MAX];

static void ask_together(size_t n)
{
	ask_for_p(callers, wanted, WRIT_FLOW_TOGETHER_MAX);
	for (size_t i = 0; i < n; i++) {
		questions[i].asker = (struct writ_flow_asker){&callers[i], STDERR_FILENO, false};
		questions[i].request = &wanted[i];
	}
	go_together(questions, n);
}

static void assert_result(size_t i, enum writ_request_state state, enum writ_refusal refusal)
{
	assert_int_equal(questions[i].result.state, state);
	assert_int_equal(questions[i].result.refusal, refusal);
}

static void all_rows_before_the_first_question(void **state)
{
	(void)state;
	ask_together(3);
	assert_string_equal(trace_text, "ask issue ask issue ask issue PROPOSE PROPOSE PROPOSE "
					"grant grant grant");
	for (size_t i = 0; i < 3; i++) {
		assert_result(i, WRIT_REQUEST_STATE_GRANTED, WRIT_REFUSAL_NONE);
		assert_int_equal(questions[i].result.id, i + 1);
		assert_string_equal(ledger.grants[i].agent, callers[i].agent);
		assert_int_equal(ledger.grants[i].request, i + 1);
	}
}

/* The core is never asked more ahead than fits (the fake looks), and all have their answers. */
static void as_many_as_there_may_be(void **state)
{
	(void)state;
	ask_together(WRIT_FLOW_TOGETHER_MAX);
	assert_int_equal(ledger.n_grants, WRIT_FLOW_TOGETHER_MAX);
	for (size_t i = 0; i < WRIT_FLOW_TOGETHER_MAX; i++)
		assert_result(i, WRIT_REQUEST_STATE_GRANTED, WRIT_REFUSAL_NONE);
}

static void by_name(const struct writ_request *request, struct writ_evaluation *verdict)
{
	*verdict = (struct writ_evaluation){0};
	if (!strcmp(request->agent, "a1"))
		verdict->refusal = WRIT_REFUSAL_ROLE;
	verdict->approvals = !strcmp(request->agent, "a3");
}

static void each_has_its_outcome(void **state)
{
	(void)state;
	api.judge = by_name;
	api.needed = 1;
	api.code = -EBUSY;
	api.code_of = "a4";
	ask_together(5);
	assert_result(0, WRIT_REQUEST_STATE_REFUSED, WRIT_REFUSAL_ROLE);
	assert_result(1, WRIT_REQUEST_STATE_GRANTED, WRIT_REFUSAL_NONE);
	assert_result(2, WRIT_REQUEST_STATE_PENDING, WRIT_REFUSAL_NONE);
	assert_result(3, WRIT_REQUEST_STATE_REFUSED, WRIT_REFUSAL_CONCURRENCY);
	assert_result(4, WRIT_REQUEST_STATE_GRANTED, WRIT_REFUSAL_NONE);
	assert_int_equal(ledger.n_grants, 2);
	assert_string_equal(ledger.grants[1].agent, "a5");
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(ledger.requests[i].state, questions[i].result.state);
	/* what asks the core once more comes when it has answered all */
	assert_string_equal(trace_text, "ask ask issue ask ask issue ask issue RECORD refuse "
					"PROPOSE pend PROPOSE PROPOSE PROPOSE grant grant RECORD "
					"refuse");
}

/* Of a transaction that failed nobody knows which rows are there: none is counted on. */
static void rows_that_are_not_there_are_not_proposed(void **state)
{
	(void)state;
	ledger.group_fails = 1;
	ask_together(2);
	for (size_t i = 0; i < 2; i++) {
		assert_result(i, WRIT_REQUEST_STATE_REFUSED, WRIT_REFUSAL_UNAVAILABLE);
		assert_int_equal(questions[i].result.id, 0);
		assert_non_null(strstr(questions[i].result.message, "disk is full"));
	}
	assert_null(strstr(trace_text, "PROPOSE"));
	assert_int_equal(api.n_recorded, 2);
	assert_int_equal(api.recorded.ledger, 0);
}

static void what_is_given_and_not_on_record_is_settled(void **state)
{
	(void)state;
	ledger.group_fails = 2;
	api.code = -EACCES;
	api.code_of = "a2";
	ask_together(3);
	assert_result(0, WRIT_REQUEST_STATE_ISSUING, WRIT_REFUSAL_UNAVAILABLE);
	assert_result(1, WRIT_REQUEST_STATE_REFUSED, WRIT_REFUSAL_CORE);
	assert_result(2, WRIT_REQUEST_STATE_ISSUING, WRIT_REFUSAL_UNAVAILABLE);
	assert_int_not_equal(api.broker.unsettled, 0);
}

static void a_core_that_is_lost_leaves_them_issuing(void **state)
{
	(void)state;
	api.code = -EPIPE;
	ask_together(3);
	for (size_t i = 0; i < 3; i++) {
		assert_result(i, WRIT_REQUEST_STATE_ISSUING, WRIT_REFUSAL_UNAVAILABLE);
		assert_int_equal(ledger.requests[i].state, WRIT_REQUEST_STATE_ISSUING);
	}
	assert_int_not_equal(api.broker.unsettled, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		API_TEST(all_rows_before_the_first_question),
		API_TEST(as_many_as_there_may_be),
		API_TEST(each_has_its_outcome),
		API_TEST(rows_that_are_not_there_are_not_proposed),
		API_TEST(what_is_given_and_not_on_record_is_settled),
		API_TEST(a_core_that_is_lost_leaves_them_issuing),
	};

	return cmocka_run_group_tests(tests, NULL, api_leave);
}
