/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See api.h: what an agent was denied of late, and which request would have allowed it. The core
 * keeps the denials; the remedy is found in the policy when it is asked for, so it is today's. That
 * takes the time of all: it is found within a budget, the newest denials first, and how many of the
 * oldest went without is said.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/api.h"
#include "broker/api_query.h"
#include "compile/remedy.h"
#include "lib/cleanup.h"
#include "lib/time.h"

#define LAST_MAX 1000u /* what ?last= may say; the core keeps fewer */

_Static_assert(sizeof(((struct writ_denial_row *)0)->object) == WRIT_REMEDY_OBJECT_SIZE,
	       "the log and the API look at as much of an object");

/* The last ones, oldest first; `rows` has room for `last`. */
struct list {
	struct writ_denial_row *rows;
	uint64_t last;
	uint64_t n;
};

/* Oldest first: what is too much leaves at the front. */
static void visit(void *context, const struct writ_reply *reply)
{
	struct list *list = context;

	if (reply->type != WRIT_REPLY_DENIAL)
		return;
	if (list->n == list->last)
		memmove(list->rows, list->rows + 1, --list->n * sizeof(*list->rows));
	list->rows[list->n++] = reply->denial;
}

/* @explainer NULL: no policy, or no time to look into it. */
static json_t *with_remedy(struct writ_explainer *explainer, const char *agent,
			   const struct writ_denial_row *row, int64_t offset)
{
	const struct writ_remedy_denial denial = {.operation = row->operation,
						  .access = row->access,
						  .reason = row->reason,
						  .grant = row->grant,
						  .object = row->object};
	struct writ_remedy remedy = {0};

	if (writ_remedy_find(explainer, agent, &denial, &remedy))
		return NULL;
	return writ_api_denial(row, &remedy, offset);
}

/* What is given, and nothing else, has a remedy looked for: at least the newest. NULL: memory. */
static json_t *with_remedies(struct writ_broker *broker, const char *agent, const struct list *list,
			     uint64_t *ret_left_out)
{
	_cleanup_(writ_explain_freep) struct writ_explainer *explainer = NULL;
	_cleanup_json_ json_t *array = json_array();
	int64_t offset = writ_time_offset();
	uint64_t left_out = 0;

	if (!array || (broker->policy && writ_explain_new(broker->policy, &explainer)))
		return NULL;
	for (uint64_t i = list->n; i-- > 0;) {
		bool late = i + 1 < list->n && !writ_budget_left(&broker->budget);

		if (json_array_insert_new(array, 0,
					  with_remedy(late ? NULL : explainer, agent,
						      &list->rows[i], offset)))
			return NULL;
		left_out += late && broker->policy;
	}
	*ret_left_out = left_out;
	return take_ptr(array);
}

static void refused_by_core(int err, const char *error, struct writ_http_answer *answer)
{
	if (err == -ENOENT)
		writ_http_fail(answer, WRIT_HTTP_ERROR_NOT_FOUND, "there is no such agent", "");
	else
		writ_api_core_failed(answer, err, error);
}

static void look_up(struct writ_broker *broker, const char *agent, struct list *list,
		    struct writ_http_answer *answer)
{
	struct writ_request question = {.verb = WRIT_VERB_DENIALS};
	char error[WRIT_ERROR_SIZE] = "";
	uint64_t left_out = 0;
	json_t *body;
	int err;

	(void)snprintf(question.agent, sizeof(question.agent), "%s", agent);
	err = writ_core_ask(broker->core, &question, -1, visit, list, error);
	if (err) {
		refused_by_core(err, error, answer);
		return;
	}
	body = json_object();
	writ_api_put(&body, "denials", with_remedies(broker, agent, list, &left_out));
	writ_api_put(&body, "remedies_left_out", json_integer((json_int_t)left_out));
	writ_api_give(answer, 200, body);
}

static void give_denials(struct writ_broker *broker, const struct writ_http_request *request,
			 const char *agent, struct writ_http_answer *answer)
{
	_cleanup_free_ struct writ_denial_row *rows = NULL;
	struct list list = {.last = LAST_MAX};

	if (writ_query_number(writ_http_query(request, "last"), 1, LAST_MAX, &list.last)) {
		writ_http_refuse(answer, WRIT_REFUSAL_MALFORMED, "last: a number from 1 to 1000",
				 "", 0);
		return;
	}
	if (!writ_budget_begin(&broker->budget, request->caller)) {
		writ_http_refuse(answer, WRIT_REFUSAL_RATE, "too many looks at denials",
				 "ask again in a second; the log has all of them", 1);
		return;
	}
	list.rows = rows = calloc(list.last, sizeof(*rows));
	if (rows)
		look_up(broker, agent, &list, answer);
	else
		writ_api_give(answer, 200, NULL); /* says that there is no memory */
	writ_budget_end(&broker->budget);
}

void writ_api_denials(struct writ_broker *broker, const struct writ_http_request *request,
		      struct writ_http_answer *answer)
{
	give_denials(broker, request, request->caller->agent, answer);
}

void writ_api_agent_denials(struct writ_broker *broker, const struct writ_http_request *request,
			    struct writ_http_answer *answer)
{
	give_denials(broker, request, request->name, answer);
}
