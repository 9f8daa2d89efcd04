/* SPDX-License-Identifier: Apache-2.0 */
/* See api.h: requests, as agents and operators make, follow and take them back. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "broker/api.h"
#include "broker/api_query.h"
#include "broker/ask.h"
#include "broker/flow_record.h"
#include "broker/gather.h"

static void missing(struct writ_http_answer *answer)
{
	writ_http_fail(answer, WRIT_HTTP_ERROR_NOT_FOUND, "there is no such request", "");
}

/* The error, and beside it the request as the ledger has it, if it has it. */
static void refuse(struct writ_broker *broker, const struct writ_http_request *request,
		   const struct writ_flow_result *result, struct writ_http_answer *answer)
{
	struct writ_api_found found = {0};
	json_t *row;

	writ_http_refuse(answer, result->refusal, result->message, result->remedy,
			 result->retry_after);
	if (!result->id || !answer->body ||
	    writ_api_find(broker, request, result->id, NULL, &found))
		return;
	row = json_object_get(found.body, "request");
	if (row)
		(void)json_object_set(answer->body, "request", row);
	json_decref(found.body);
}

void writ_api_asked(struct writ_broker *broker, const struct writ_http_request *request,
		    const struct writ_flow_result *result, struct writ_http_answer *answer)
{
	bool granted = result->state == WRIT_REQUEST_STATE_GRANTED;
	bool pending = result->state == WRIT_REQUEST_STATE_PENDING;
	struct writ_votes votes = {
		.needed = pending ? result->needed : WRIT_VOTES_UNKNOWN,
		.given = pending ? result->given : WRIT_VOTES_UNKNOWN,
	};
	struct writ_api_found found;

	if (result->refusal)
		refuse(broker, request, result, answer);
	else if (writ_api_find(broker, request, result->id, &votes, &found))
		writ_api_ledger_failed(broker, answer);
	else
		writ_api_give(answer, granted ? 201 : 202, found.body);
}

/* What is no request has no row; that one was made stands in the log all the same. */
static void refuse_form(struct writ_broker *broker, const struct writ_http_request *request,
			const char *fault, struct writ_http_answer *answer)
{
	struct writ_request nothing = {0};

	if (!request->operators)
		memcpy(nothing.agent, request->caller->agent, sizeof(nothing.agent));
	writ_flow_record(broker, &nothing, request->fd, 0, WRIT_REFUSAL_MALFORMED);
	writ_http_refuse(answer, WRIT_REFUSAL_MALFORMED, fault, "", 0);
}

static void ask(struct writ_broker *broker, const struct writ_http_request *request,
		struct writ_http_answer *answer)
{
	struct writ_request wanted;
	char fault[WRIT_MESSAGE_SIZE];
	int err;

	if (writ_ask_read(request->json, request->operators, &wanted, fault)) {
		refuse_form(broker, request, fault, answer);
		return;
	}
	err = writ_gather_add(broker, request, &wanted);
	if (err)
		writ_http_refuse(answer, WRIT_REFUSAL_UNAVAILABLE, strerror(-err), "", 1);
	else
		answer->wait = WRIT_HTTP_WAIT_MAX;
}

void writ_api_ask(struct writ_broker *broker, const struct writ_http_request *request,
		  struct writ_http_answer *answer)
{
	if (!*request->kept)
		ask(broker, request, answer);
	else if (writ_gather_take(request, answer))
		answer->wait = WRIT_HTTP_WAIT_MAX;
}

static bool is_undecided(enum writ_request_state state)
{
	return state == WRIT_REQUEST_STATE_OPEN || state == WRIT_REQUEST_STATE_PENDING ||
	       state == WRIT_REQUEST_STATE_ISSUING;
}

void writ_api_look(struct writ_broker *broker, const struct writ_http_request *request,
		   struct writ_http_answer *answer)
{
	struct writ_api_found found;
	uint64_t wait = 0;

	if (writ_query_number(writ_http_query(request, "wait"), 0, WRIT_HTTP_WAIT_MAX, &wait)) {
		writ_http_refuse(answer, WRIT_REFUSAL_MALFORMED, "wait: seconds, at most 60", "",
				 0);
		return;
	}
	if (writ_api_find(broker, request, request->id, NULL, &found)) {
		writ_api_ledger_failed(broker, answer);
	} else if (!found.id) {
		missing(answer);
	} else if (wait && !request->expired && is_undecided(found.state)) {
		json_decref(found.body);
		answer->wait = (unsigned int)wait;
	} else {
		writ_api_give(answer, 200, found.body);
	}
}

static void withdraw_failed(struct writ_http_answer *answer, int err, const char *error)
{
	if (err == -EALREADY)
		writ_http_fail(answer, WRIT_HTTP_ERROR_CONFLICT, "it is decided",
			       "a grant is given back by 'writ done'");
	else if (err == -EBUSY)
		writ_http_fail(answer, WRIT_HTTP_ERROR_CONFLICT, "it is being issued", "");
	else if (err == -EIO)
		writ_http_refuse(answer, WRIT_REFUSAL_UNAVAILABLE, error, "", 1);
	else
		writ_api_core_failed(answer, err, error);
}

void writ_api_withdraw(struct writ_broker *broker, const struct writ_http_request *request,
		       struct writ_http_answer *answer)
{
	char error[WRIT_ERROR_SIZE] = "";
	struct writ_api_found found;
	int err = writ_api_find(broker, request, request->id, NULL, &found);

	json_decref(found.body);
	if (err) {
		writ_api_ledger_failed(broker, answer);
		return;
	}
	if (!found.id) {
		missing(answer);
		return;
	}
	err = writ_flow_withdraw(broker, found.id, found.state, found.proposal, error);
	if (err)
		withdraw_failed(answer, err, error);
	else if (writ_api_find(broker, request, request->id, NULL, &found))
		writ_api_ledger_failed(broker, answer);
	else
		writ_api_give(answer, 200, found.body);
}
