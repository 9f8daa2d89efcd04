/* SPDX-License-Identifier: Apache-2.0 */
/* See gather.h. */
#include "broker/gather.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "broker/api.h"
#include "broker/flow.h"

struct writ_gathered {
	struct writ_http_kept kept; /* first: what the HTTP request knows of it */
	struct writ_broker *broker;
	struct writ_gathered *next;
	struct writ_http_request request; /* `caller` is the copy; of its texts none is used */
	struct writ_attest_row caller;
	struct writ_request wanted;
	struct writ_http_answer answer;
	bool answered;
};

static void unlink_from(struct writ_gathered **first, const struct writ_gathered *one)
{
	while (*first && *first != one)
		first = &(*first)->next;
	if (*first)
		*first = one->next;
}

/* The HTTP request has ended, perhaps before it had its answer. */
static void release(struct writ_http_kept *kept)
{
	struct writ_gathered *one = (struct writ_gathered *)kept;

	unlink_from(&one->broker->gathered, one);
	json_decref(one->answer.body);
	free(one);
}

int writ_gather_add(struct writ_broker *broker, const struct writ_http_request *request,
		    const struct writ_request *wanted)
{
	struct writ_gathered *one = calloc(1, sizeof(*one)), **last = &broker->gathered;

	if (!one)
		return -ENOMEM;
	one->kept.release = release;
	one->broker = broker;
	one->caller = *request->caller;
	one->wanted = *wanted;
	one->request = (struct writ_http_request){
		.fd = request->fd,
		.operators = request->operators,
		.caller = &one->caller,
		.connection = request->connection,
	};
	while (*last)
		last = &(*last)->next;
	*last = one;
	*request->kept = &one->kept;
	return 0;
}

int writ_gather_take(const struct writ_http_request *request, struct writ_http_answer *ret_answer)
{
	struct writ_gathered *one = (struct writ_gathered *)*request->kept;

	if (!one->answered && request->expired) /* it is told that there is no answer: so be it */
		unlink_from(&one->broker->gathered, one);
	if (!one->answered)
		return -EAGAIN;
	*ret_answer = one->answer;
	one->answer = (struct writ_http_answer){0};
	return 0;
}

static const char *agent_of(const struct writ_gathered *one)
{
	return one->request.operators ? one->wanted.agent : one->caller.agent;
}

static bool has_agent(struct writ_gathered *const *turn, size_t n, const char *agent)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(agent_of(turn[i]), agent))
			return true;
	return false;
}

/* In the order in which they came; the first is always of it. */
static size_t choose(struct writ_broker *broker, struct writ_gathered **ret_turn)
{
	struct writ_gathered **link = &broker->gathered;
	size_t n = 0;

	while (*link && n < WRIT_FLOW_TOGETHER_MAX) {
		if (has_agent(ret_turn, n, agent_of(*link))) {
			link = &(*link)->next;
			continue;
		}
		ret_turn[n++] = *link;
		*link = (*link)->next;
	}
	return n;
}

bool writ_gather_run(struct writ_broker *broker)
{
	struct writ_flow_question questions[WRIT_FLOW_TOGETHER_MAX];
	struct writ_gathered *turn[WRIT_FLOW_TOGETHER_MAX];
	size_t n = choose(broker, turn);

	if (!n)
		return false;
	for (size_t i = 0; i < n; i++) {
		questions[i].asker = (struct writ_flow_asker){
			&turn[i]->caller, turn[i]->request.fd, turn[i]->request.operators};
		questions[i].request = &turn[i]->wanted;
	}
	writ_flow_ask(broker, questions, n);
	for (size_t i = 0; i < n; i++) {
		writ_api_asked(broker, &turn[i]->request, &questions[i].result, &turn[i]->answer);
		turn[i]->answered = true;
		writ_http_resume(broker->http, turn[i]->request.connection);
	}
	return true;
}

bool writ_gather_waits(const struct writ_broker *broker)
{
	return broker->gathered;
}
