/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See api.h: what an agent was denied of late, and which request would have allowed it. The core
 * keeps the denials; the remedy is found in the policy when it is asked for, so it is today's.
 */
#include <errno.h>
#include <stdio.h>

#include "broker/api.h"
#include "broker/api_query.h"
#include "broker/remedy.h"
#include "lib/time.h"

#define LAST_MAX 1000u /* what ?last= may say; the core keeps fewer */

struct list {
	const struct writ_broker *broker;
	const char *agent;
	uint64_t last;
	int64_t offset;
	json_t *rows; /* NULL: out of memory */
};

static void give_up(struct list *list)
{
	json_decref(list->rows);
	list->rows = NULL;
}

/* Oldest first: what is too much leaves at the front. */
static void visit(void *context, const struct writ_reply *reply)
{
	char remedy[WRIT_REMEDY_SIZE] = "";
	struct list *list = context;

	if (reply->type != WRIT_REPLY_DENIAL || !list->rows)
		return;
	if (list->broker->policy &&
	    writ_remedy_find(list->broker->policy, list->agent, &reply->denial, remedy)) {
		give_up(list);
		return;
	}
	if (json_array_append_new(list->rows,
				  writ_api_denial(&reply->denial, remedy, list->offset)))
		give_up(list);
	else if (json_array_size(list->rows) > list->last)
		(void)json_array_remove(list->rows, 0);
}

static void give_denials(struct writ_broker *broker, const char *agent, const char *last,
			 struct writ_http_answer *answer)
{
	struct list list = {broker, agent, LAST_MAX, writ_time_offset(), NULL};
	struct writ_request question = {.verb = WRIT_VERB_DENIALS};
	char error[WRIT_ERROR_SIZE] = "";
	json_t *body;
	int err;

	if (writ_query_number(last, 1, LAST_MAX, &list.last)) {
		writ_http_refuse(answer, WRIT_REFUSAL_MALFORMED, "last: a number from 1 to 1000",
				 "", 0);
		return;
	}
	(void)snprintf(question.agent, sizeof(question.agent), "%s", agent);
	list.rows = json_array();
	err = writ_core_ask(broker->core, &question, -1, visit, &list, error);
	if (err) {
		json_decref(list.rows);
		if (err == -ENOENT)
			writ_http_fail(answer, WRIT_HTTP_ERROR_NOT_FOUND, "there is no such agent",
				       "");
		else
			writ_api_core_failed(answer, err, error);
		return;
	}
	body = json_object();
	writ_api_put(&body, "denials", list.rows);
	writ_api_give(answer, 200, body);
}

void writ_api_denials(struct writ_broker *broker, const struct writ_http_request *request,
		      struct writ_http_answer *answer)
{
	give_denials(broker, request->caller->agent, writ_http_query(request, "last"), answer);
}

void writ_api_agent_denials(struct writ_broker *broker, const struct writ_http_request *request,
			    struct writ_http_answer *answer)
{
	give_denials(broker, request->name, writ_http_query(request, "last"), answer);
}
