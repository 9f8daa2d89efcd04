/* SPDX-License-Identifier: Apache-2.0 */
/* Denials in a row: which are held against an agent, how long it waits, when it is over. */
#include "evaluate_helper.h"

/* After @denials of which the last is @ago old, nobody listens for @wait seconds (0: they do). */
static void assert_wait(uint32_t denials, int64_t ago, uint32_t wait)
{
	here.history.denials = denials;
	here.history.last_denial = here.now - ago;
	if (!wait) {
		assert_granted();
		return;
	}
	assert_no(WRIT_REFUSAL_BACKOFF, "times in a row and is not heard for a while",
		  "ask again in");
	assert_int_equal(here.out.retry_after, wait);
	assert_false(here.out.suspend);
}

static void backoff(void **state)
{
	(void)state;
	assert_wait(0, 0, 0);
	assert_wait(1, 0, 10);
	assert_wait(1, 10 * SECOND - 1, 1);
	assert_wait(1, 10 * SECOND, 0);
	assert_wait(2, 0, 20);
	assert_wait(3, 15 * SECOND, 25);
	assert_wait(4, 0, 60); /* no longer than that */
	assert_wait(5, 0, 60);
	assert_wait(UINT32_MAX, 0, 60);
	assert_wait(1, -HOUR, 3610); /* the clock was set back: longer, never shorter */
	here.asker.by_operator = true;
	assert_wait(4, 0, 0);
}

static void grows_within_its_bounds(void **state)
{
	(void)state;
	here.node->backoff_ns = 0; /* none */
	assert_int_equal(writ_evaluate_backoff(here.node, UINT32_MAX), 0);
	here.node->backoff_ns = 10;
	here.node->backoff_max_ns = 5; /* never less than the first */
	assert_int_equal(writ_evaluate_backoff(here.node, 1), 10);
	assert_int_equal(writ_evaluate_backoff(here.node, 9), 10);
	here.node->backoff_ns = 1;
	here.node->backoff_max_ns = UINT64_MAX;
	assert_true(writ_evaluate_backoff(here.node, 64) == UINT64_C(1) << 63);
	assert_true(writ_evaluate_backoff(here.node, 65) == UINT64_MAX);
	assert_true(writ_evaluate_backoff(here.node, UINT32_MAX) == UINT64_MAX);
	/* where there is no Node */
	assert_int_equal(writ_evaluate_backoff(writ_node_of(NULL), 1), SECOND);
	assert_int_equal(writ_evaluate_backoff(writ_node_of(NULL), 12), 2048 * SECOND);
	assert_int_equal(writ_evaluate_backoff(writ_node_of(NULL), 13), HOUR);
	assert_int_equal(writ_evaluate_backoff(writ_node_of(NULL), 0), 0);
}

static void seconds(void **state)
{
	(void)state;
	assert_int_equal(writ_evaluate_seconds(0), 0);
	assert_int_equal(writ_evaluate_seconds(1), 1);
	assert_int_equal(writ_evaluate_seconds(WRIT_NS_PER_SECOND), 1);
	assert_int_equal(writ_evaluate_seconds(WRIT_NS_PER_SECOND + 1), 2);
	assert_int_equal(writ_evaluate_seconds(UINT64_MAX), UINT32_MAX);
}

/* A denial that counts tells how long it costs, and one too many suspends. */
static void costs(void **state)
{
	(void)state;
	strcpy(here.request.playbook, "secret");
	assert_no(WRIT_REFUSAL_ROLE, "may not use", "");
	assert_int_equal(here.out.retry_after, 10);
	here.history.denials = 1;
	assert_no(WRIT_REFUSAL_ROLE, "may not use", "");
	assert_int_equal(here.out.retry_after, 20);
	here.history.denials = 3;
	assert_no(WRIT_REFUSAL_ROLE, "may not use", "");
	assert_false(here.out.suspend);
	here.history.denials = 4; /* this is the fifth */
	assert_no(WRIT_REFUSAL_ROLE, "may not use", "");
	assert_true(here.out.suspend);
	here.history.denials = UINT32_MAX;
	assert_no(WRIT_REFUSAL_ROLE, "may not use", "");
	assert_true(here.out.suspend);
	here.node->suspend_after = 0; /* never */
	assert_no(WRIT_REFUSAL_ROLE, "may not use", "");
	assert_false(here.out.suspend);
}

/* What an operator gets wrong is not the agent's. */
static void operators_mistake(void **state)
{
	(void)state;
	here.asker.by_operator = true;
	here.history.denials = 4;
	strcpy(here.request.playbook, "secret");
	assert_no(WRIT_REFUSAL_ROLE, "may not use", "");
	assert_false(here.out.suspend);
	assert_int_equal(here.out.retry_after, 0);
}

static void does_not_count(void **state)
{
	(void)state;
	here.history.denials = 4;
	here.rotate->concurrency = here.history.live = 1;
	assert_no(WRIT_REFUSAL_CONCURRENCY, "", "ask again in 10m");
	assert_false(here.out.suspend);
	assert_int_equal(here.out.retry_after, 600);
}

/* One that comes later: the validator's no, an operator's. */
static void later(void **state)
{
	struct writ_evaluation evaluation = {.retry_after = 15};
	struct writ_history history = {.denials = 0};

	(void)state;
	writ_evaluate_denial(here.node, &history, WRIT_REFUSAL_TICKET_REFUSED, &evaluation);
	assert_int_equal(evaluation.retry_after, 15); /* the longer one */
	assert_false(evaluation.suspend);
	history.denials = 4;
	writ_evaluate_denial(here.node, &history, WRIT_REFUSAL_VALIDATOR, &evaluation);
	assert_false(evaluation.suspend);
	writ_evaluate_denial(here.node, &history, WRIT_REFUSAL_DENIED, &evaluation);
	assert_int_equal(evaluation.retry_after, 60);
	assert_true(evaluation.suspend);
	evaluation = (struct writ_evaluation){0};
	history.denials = 18;
	writ_evaluate_denial(writ_node_of(NULL), &history, WRIT_REFUSAL_DENIED, &evaluation);
	assert_false(evaluation.suspend);
	history.denials = 19;
	writ_evaluate_denial(writ_node_of(NULL), &history, WRIT_REFUSAL_DENIED, &evaluation);
	assert_true(evaluation.suspend);
}

static void counts(void **state)
{
	static const enum writ_refusal held[] = {
		WRIT_REFUSAL_MALFORMED,	 WRIT_REFUSAL_UNKNOWN_PLAYBOOK, WRIT_REFUSAL_ROLE,
		WRIT_REFUSAL_PARAMETERS, WRIT_REFUSAL_ENVIRONMENT,	WRIT_REFUSAL_TICKET,
		WRIT_REFUSAL_SPONSOR,	 WRIT_REFUSAL_TICKET_REFUSED,	WRIT_REFUSAL_RISK,
		WRIT_REFUSAL_DENIED,
	};
	size_t found = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(held) / sizeof(held[0]); i++)
		assert_true(writ_evaluate_counts(held[i]));
	for (uint32_t i = 0; i < WRIT_REFUSAL_COUNT + 4; i++)
		found += writ_evaluate_counts((enum writ_refusal)i);
	assert_int_equal(found, sizeof(held) / sizeof(held[0]));
	assert_string_equal(writ_evaluate_refusal(WRIT_REFUSAL_NONE), "none");
	assert_string_equal(writ_evaluate_refusal(WRIT_REFUSAL_TICKET_REFUSED), "ticket_refused");
	assert_string_equal(writ_evaluate_refusal(WRIT_REFUSAL_UNAVAILABLE), "unavailable");
	assert_string_equal(writ_evaluate_refusal(WRIT_REFUSAL_COUNT), "unknown");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(backoff),		 CASE(grows_within_its_bounds), CASE(seconds), CASE(costs),
		CASE(operators_mistake), CASE(does_not_count),		CASE(later),   CASE(counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
