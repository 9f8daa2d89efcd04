/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The API's surroundings for its tests, all of them set by the test: beside the core a ledger in
 * memory, and a verdict.
 */
#ifndef WRIT_TESTS_API_HELPER_H
#define WRIT_TESTS_API_HELPER_H

#include "api_core.h"

#include "api_ledger.h"
#include "broker/validate.h"
#include "compile/remedy.h"

#define NOW (INT64_C(1800000000) * 1000000000)

int64_t writ_broker_now(void)
{
	return NOW;
}

void writ_evaluate(const struct writ_policy *policy, const struct writ_request *request,
		   const struct writ_asker *asker, const struct writ_history *history, int64_t now,
		   struct writ_evaluation *ret_evaluation)
{
	assert_non_null(history);
	assert_int_equal(now, NOW);
	assert_true(request->agent[0]);
	api.asker = *asker;
	*ret_evaluation = api.changes && api.evaluations ? api.later : api.verdict;
	if (api.judge)
		api.judge(request, ret_evaluation);
	if (!policy)
		ret_evaluation->refusal = WRIT_REFUSAL_POLICY;
	api.evaluations++;
}

void writ_evaluate_denial(const struct writ_policy_node *node, const struct writ_history *history,
			  enum writ_refusal refusal, struct writ_evaluation *evaluation)
{
	(void)node;
	assert_non_null(history);
	assert_int_not_equal(refusal, WRIT_REFUSAL_NONE);
	evaluation->retry_after = api.denial.retry_after;
	evaluation->suspend = api.denial.suspend;
}

const char *writ_evaluate_refusal(enum writ_refusal refusal)
{
	static const char *const words[] = {
#define X(name, word) word,
		WRIT_REFUSAL_LIST(X)
#undef X
	};

	return words[refusal];
}

int writ_remedy_find(struct writ_explainer *explainer, const char *agent,
		     const struct writ_remedy_denial *denial, struct writ_remedy *ret_remedy)
{
	assert_string_equal(agent, "bot");
	assert_non_null(denial->object);
	if (!explainer) /* of a run it finds one all the same: test_remedy.c */
		return 0;
	api.remedies++;
	api.now += api.remedy_ns;
	if (!api.remedy)
		return -ENOMEM;
	*ret_remedy = api.found;
	(void)snprintf(ret_remedy->text, WRIT_REMEDY_SIZE, "%s", api.remedy);
	return 0;
}

int writ_validate_start(struct writ_validations *validations, const struct writ_policy_node *node,
			uint64_t request, const char *input)
{
	(void)validations;
	(void)node;
	trace("validate");
	assert_int_equal(request, ledger.n_requests);
	(void)snprintf(api.input, sizeof(api.input), "%s", input);
	return api.start;
}

static struct writ_policy *api_policy; /* loaded once, for all cases */

static int api_set_up(void **state)
{
	(void)state;
	ledger_free();
	writ_waiting_closep(&api.broker.waiting);
	if (!api_policy)
		api_policy = good_policy(API_POLICY);
	memset(&api, 0, sizeof(api));
	trace_text[0] = '\0';
	api.broker.policy = api_policy;
	api.error = "the core says no";
	api.remedy = "";
	api.agent = (struct writ_attest_row){.uid = 1000, .pid = 42, .agent_index = 2};
	(void)strcpy(api.agent.agent, "bot");
	(void)strcpy(api.agent.role, "r");
	(void)strcpy(api.agent.environment, "prod");
	api.operator=(struct writ_attest_row){.uid = 0, .pid = 43, .is_operator = 1};
	return 0;
}

static int api_tear_down(void **state)
{
	(void)state;
	writ_waiting_closep(&api.broker.waiting);
	ledger_free();
	return 0;
}

/* After the last case. */
static int api_leave(void **state)
{
	(void)state;
	writ_policy_free(api_policy);
	json_decref(openapi_root);
	return 0;
}

#define API_TEST(function) cmocka_unit_test_setup_teardown(function, api_set_up, api_tear_down)

#endif
