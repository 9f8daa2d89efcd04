/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of broker/flow.c share: a request, and what is left of it.
 */
#ifndef TEST_FLOW_HELPER_H
#define TEST_FLOW_HELPER_H

#include "api_helper.h"

#include <fcntl.h>

static const char *sponsor = ""; /* of the next request */

static inline struct writ_flow_result ask_as(bool operator, const char * playbook)
{
	struct writ_request request = {.n_parameters = 1, .ttl_ns = 180 * WRIT_NS_PER_SECOND};
	struct writ_flow_question question = {
		.asker = {.caller = operator? &api.operator: & api.agent,
			  .fd = STDERR_FILENO,
			  .by_operator = operator},
		.request = &request,
	};
	(void)strcpy(request.agent, "other");
	(void)strcpy(request.playbook, playbook);
	(void)strcpy(request.ticket, "CHG-1");
	(void)strcpy(request.parameters[0].name, "service");
	(void)strcpy(request.parameters[0].value, "bil\"ling");
	(void)strcpy(request.sponsor, sponsor);
	(void)strcpy(request.context.tool_call, "call-7");
	go_together(&question, 1);
	return question.result;
}

static inline struct writ_flow_result asks(void)
{
	return ask_as(false, "p");
}

static inline void assert_row(enum writ_request_state state, enum writ_refusal refusal)
{
	assert_int_equal(ledger.n_requests, 1);
	assert_int_equal(ledger.requests[0].state, state);
	assert_int_equal(ledger.requests[0].refusal, refusal);
}

#endif
