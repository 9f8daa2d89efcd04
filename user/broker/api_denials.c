/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See api.h: what an agent was denied of late, and which request would have allowed it. The core
 * keeps the denials; the remedy is found in the policy when it is asked for, so it is today's.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/api.h"
#include "broker/api_query.h"
#include "broker/remedy.h"
#include "lib/cleanup.h"
#include "lib/time.h"

#define LAST_MAX 1000u /* what ?last= may say; the core keeps fewer */

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

/* A remedy costs a look through the policy: only what is given has one looked for. NULL: memory. */
static json_t *with_remedies(const struct writ_broker *broker, const char *agent,
			     const struct list *list)
{
	json_t *array = json_array();
	int64_t offset = writ_time_offset();
	bool failed = !array;

	for (uint64_t i = 0; i < list->n && !failed; i++) {
		char remedy[WRIT_REMEDY_SIZE] = "";

		failed = (broker->policy &&
			  writ_remedy_find(broker->policy, agent, &list->rows[i], remedy)) ||
			 json_array_append_new(array,
					       writ_api_denial(&list->rows[i], remedy, offset));
	}
	if (!failed)
		return array;
	json_decref(array);
	return NULL;
}

static void give_denials(struct writ_broker *broker, const char *agent, const char *last,
			 struct writ_http_answer *answer)
{
	struct writ_request question = {.verb = WRIT_VERB_DENIALS};
	_cleanup_free_ struct writ_denial_row *rows = NULL;
	struct list list = {.last = LAST_MAX};
	char error[WRIT_ERROR_SIZE] = "";
	json_t *body;
	int err;

	if (writ_query_number(last, 1, LAST_MAX, &list.last)) {
		writ_http_refuse(answer, WRIT_REFUSAL_MALFORMED, "last: a number from 1 to 1000",
				 "", 0);
		return;
	}
	(void)snprintf(question.agent, sizeof(question.agent), "%s", agent);
	list.rows = rows = calloc(list.last, sizeof(*rows));
	if (!rows) {
		writ_api_give(answer, 200, NULL); /* says that there is no memory */
		return;
	}
	err = writ_core_ask(broker->core, &question, -1, visit, &list, error);
	if (err) {
		if (err == -ENOENT)
			writ_http_fail(answer, WRIT_HTTP_ERROR_NOT_FOUND, "there is no such agent",
				       "");
		else
			writ_api_core_failed(answer, err, error);
		return;
	}
	body = json_object();
	writ_api_put(&body, "denials", with_remedies(broker, agent, &list));
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
