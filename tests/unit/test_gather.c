/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How requests are gathered into rounds: one of an agent at a time, one round written down while
 * the core has another, and what becomes of those whose callers have left.
 */
#include "api_helper.h"

#include <fcntl.h>

#include "broker/gather.h"

#define N (WRIT_FLOW_TOGETHER_MAX + 1)

static struct writ_attest_row callers[N];
static struct writ_request wanted[N];
static struct writ_http_kept *kept[N];
static int connection = STDERR_FILENO;

static struct writ_http_request request_of(size_t i)
{
	return (struct writ_http_request){
		.fd = connection, .caller = &callers[i], .kept = &kept[i]};
}

static void add(size_t i)
{
	const struct writ_http_request request = request_of(i);

	kept[i] = NULL;
	assert_int_equal(writ_gather_add(&api.broker, &request, &wanted[i]), 0);
	assert_non_null(kept[i]);
}

/* The status of its answer; 0: it has none. */
static unsigned int answer_of(size_t i)
{
	const struct writ_http_request request = request_of(i);
	struct writ_http_answer answer = {0};

	if (writ_gather_take(&request, &answer))
		return 0;
	json_decref(answer.body);
	return answer.status;
}

/* Of the loop, by itself. */
static bool turn(void)
{
	(void)writ_gather_begin(&api.broker);
	return writ_gather_finish(&api.broker);
}

static void release(size_t i)
{
	kept[i]->release(kept[i]);
}

static void one_of_an_agent_in_a_turn(void **state)
{
	(void)state;
	ask_for_p(callers, wanted, N);
	callers[1] = callers[0];
	for (size_t i = 0; i < 3; i++)
		add(i);
	assert_int_equal(answer_of(0), 0);
	assert_true(turn());
	assert_int_equal(answer_of(0), 201);
	assert_int_equal(answer_of(1), 0);
	assert_int_equal(answer_of(2), 201);
	assert_int_equal(api.resumed, 2);
	assert_true(writ_gather_waits(&api.broker));
	assert_true(turn());
	assert_int_equal(answer_of(1), 201);
	assert_false(writ_gather_waits(&api.broker));
	for (size_t i = 0; i < 3; i++)
		release(i);
}

static void no_more_in_a_turn_than_go_together(void **state)
{
	(void)state;
	ask_for_p(callers, wanted, N);
	for (size_t i = 0; i < N; i++)
		add(i);
	assert_true(turn());
	assert_int_equal(api.resumed, WRIT_FLOW_TOGETHER_MAX);
	assert_int_equal(answer_of(WRIT_FLOW_TOGETHER_MAX), 0);
	assert_true(turn());
	assert_int_equal(answer_of(WRIT_FLOW_TOGETHER_MAX), 201);
	assert_false(turn()); /* nothing is left */
	assert_int_equal(ledger.n_requests, N);
	for (size_t i = 0; i < N; i++)
		release(i);
}

/* Its connection is closed, or it has waited for too long: nobody would hear of the grant. */
static void who_has_left_is_not_asked_for(void **state)
{
	struct writ_http_request late;
	struct writ_http_answer answer = {0};

	(void)state;
	ask_for_p(callers, wanted, N);
	for (size_t i = 0; i < 3; i++)
		add(i);
	release(1);
	late = request_of(0);
	late.expired = true;
	assert_int_equal(writ_gather_take(&late, &answer), -EAGAIN);
	assert_true(turn());
	assert_int_equal(ledger.n_requests, 1);
	assert_string_equal(ledger.requests[0].agent, "a3");
	assert_int_equal(answer_of(2), 201);
	release(0);
	release(2);
	assert_false(writ_gather_waits(&api.broker));
}

/* All that a turn writes down, and what it says then. */
static bool begin_and_end(void)
{
	(void)writ_gather_begin(&api.broker);
	return writ_gather_end(&api.broker);
}

/* While the core has one round, another is written down; each has its answers in its turn. */
static void one_is_written_while_the_core_has_another(void **state)
{
	(void)state;
	ask_for_p(callers, wanted, N);
	add(0);
	assert_false(begin_and_end()); /* nobody was asked for yet */
	writ_gather_put();
	assert_false(writ_gather_waits(&api.broker)); /* the core's answer is what comes */
	add(1);
	assert_true(writ_gather_begin(&api.broker));
	assert_string_equal(trace_text, "ask issue PROPOSE ask issue grant");
	assert_int_equal(answer_of(0), 0); /* it is not on record yet */
	assert_true(writ_gather_end(&api.broker));
	assert_int_equal(ledger.groups, 2); /* one for what is written in a turn */
	assert_int_equal(answer_of(0), 201);
	assert_int_equal(api.woken, 1); /* who waits for it by its number */
	assert_int_equal(answer_of(1), 0);
	writ_gather_put();
	assert_true(begin_and_end());
	assert_int_equal(answer_of(1), 201);
	assert_string_equal(trace_text, "ask issue PROPOSE ask issue grant PROPOSE grant");
	assert_false(begin_and_end());
	release(0);
	release(1);
}

/* What is refused to it counts before its next request is judged. */
static void an_agent_has_one_in_hand(void **state)
{
	(void)state;
	ask_for_p(callers, wanted, N);
	callers[1] = callers[0];
	add(0);
	(void)begin_and_end();
	writ_gather_put();
	add(1);
	assert_true(begin_and_end());
	assert_int_equal(ledger.n_requests, 1);
	assert_true(writ_gather_waits(&api.broker));
	writ_gather_put();
	assert_int_equal(ledger.n_requests, 1);
	assert_true(turn());
	assert_int_equal(answer_of(1), 201);
	release(0);
	release(1);
}

/* No answer of the core's will wake the loop for these. */
static void a_round_of_refusals_waits_for_nothing(void **state)
{
	(void)state;
	ask_for_p(callers, wanted, N);
	api.verdict.refusal = WRIT_REFUSAL_ROLE;
	add(0);
	(void)begin_and_end();
	writ_gather_put();
	assert_null(strstr(trace_text, "PROPOSE"));
	assert_true(writ_gather_waits(&api.broker));
	assert_true(begin_and_end());
	assert_int_equal(answer_of(0), 403);
	release(0);
}

/*
 * Its row says that it is being issued, so it goes on; but the connection's number is another
 * caller's by then, and the core must not take the one for the other.
 */
static void who_leaves_in_hand_is_still_who_asked(void **state)
{
	int ends[2], others[2];
	ino_t asked;

	(void)state;
	ask_for_p(callers, wanted, N);
	assert_int_equal(pipe(ends), 0);
	asked = file_of(ends[0]);
	connection = ends[0];
	add(0);
	connection = STDERR_FILENO;
	(void)begin_and_end();
	release(0);
	(void)close(ends[0]);
	(void)close(ends[1]);
	assert_int_equal(pipe(others), 0);
	assert_int_equal(others[0], ends[0]);
	writ_gather_put();
	assert_true(begin_and_end());
	assert_int_equal(api.passed_file, asked);
	assert_int_equal(fcntl(api.passed, F_GETFD), -1); /* it is not kept for longer */
	assert_int_equal(ledger.n_grants, 1);
	assert_int_equal(api.resumed, 0);
	(void)close(others[0]);
	(void)close(others[1]);
}

/* It was told that there is no answer; what comes out is on record. */
static void who_waited_too_long_hears_nothing_more(void **state)
{
	struct writ_http_request late;
	struct writ_http_answer answer = {0};

	(void)state;
	ask_for_p(callers, wanted, N);
	add(0);
	(void)begin_and_end();
	writ_gather_put();
	late = request_of(0);
	late.expired = true;
	assert_int_equal(writ_gather_take(&late, &answer), -EAGAIN);
	release(0);
	assert_true(begin_and_end());
	assert_int_equal(ledger.n_grants, 1);
	assert_int_equal(api.resumed, 0);
}

static void what_is_in_hand_is_finished(void **state)
{
	(void)state;
	ask_for_p(callers, wanted, N);
	add(0);
	(void)begin_and_end();
	writ_gather_put();
	add(1);
	(void)writ_gather_begin(&api.broker);
	assert_true(writ_gather_finish(&api.broker));
	assert_int_equal(answer_of(0), 201);
	assert_int_equal(answer_of(1), 201);
	assert_false(writ_gather_finish(&api.broker));
	release(0);
	release(1);
}

/* One is in force and its row does not say so; the other has no row, so nobody asks for it. */
static void what_a_turn_could_not_write_is_settled(void **state)
{
	(void)state;
	ask_for_p(callers, wanted, N);
	add(0);
	(void)begin_and_end();
	writ_gather_put();
	add(1);
	ledger.group_fails = 2;
	assert_true(begin_and_end());
	assert_int_equal(answer_of(0), 503);
	assert_int_not_equal(api.broker.unsettled, 0);
	writ_gather_put();
	assert_true(begin_and_end());
	assert_int_equal(answer_of(1), 503);
	assert_string_equal(trace_text, "ask issue PROPOSE ask issue grant RECORD");
	release(0);
	release(1);
}

/* None is judged, and what the core gave is written as it can be. */
static void where_no_group_can_be_opened(void **state)
{
	(void)state;
	ask_for_p(callers, wanted, N);
	add(0);
	(void)begin_and_end();
	writ_gather_put();
	add(1);
	ledger.locked = true;
	assert_false(writ_gather_begin(&api.broker));
	assert_true(writ_gather_end(&api.broker));
	assert_int_equal(answer_of(0), 201);
	writ_gather_put();
	assert_true(begin_and_end());
	assert_int_equal(answer_of(1), 503);
	assert_int_equal(ledger.n_requests, 1);
	release(0);
	release(1);
}

static void without_a_descriptor_it_is_not_taken(void **state)
{
	struct writ_http_request request;

	(void)state;
	ask_for_p(callers, wanted, N);
	kept[0] = NULL;
	request = request_of(0);
	request.fd = 4000;
	assert_int_equal(writ_gather_add(&api.broker, &request, &wanted[0]), -EBADF);
	assert_null(api.broker.gathered);
	assert_null(kept[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		API_TEST(one_of_an_agent_in_a_turn),
		API_TEST(no_more_in_a_turn_than_go_together),
		API_TEST(who_has_left_is_not_asked_for),
		API_TEST(one_is_written_while_the_core_has_another),
		API_TEST(an_agent_has_one_in_hand),
		API_TEST(a_round_of_refusals_waits_for_nothing),
		API_TEST(who_leaves_in_hand_is_still_who_asked),
		API_TEST(who_waited_too_long_hears_nothing_more),
		API_TEST(what_is_in_hand_is_finished),
		API_TEST(what_a_turn_could_not_write_is_settled),
		API_TEST(where_no_group_can_be_opened),
		API_TEST(without_a_descriptor_it_is_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, api_leave);
}
