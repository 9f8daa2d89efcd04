/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See gather.h. There is one broker in a process, and two rounds in it: the one that is written
 * down, and the one whose answers the core has yet to give. While a request is in hand, in a round,
 * it outlives its HTTP request, and the connection it came by is held by a descriptor of its own:
 * a number that was closed is soon another caller's.
 */
#include "broker/gather.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/api.h"
#include "broker/flow.h"
#include "broker/ledger.h"
#include "lib/time.h"

struct writ_gathered {
	struct writ_http_kept kept; /* first: what the HTTP request knows of it */
	struct writ_broker *broker;
	struct writ_gathered *next;
	struct writ_http_request request; /* `caller` is the copy; of its texts none is used */
	struct writ_attest_row caller;
	struct writ_request wanted;
	struct writ_http_answer answer;
	bool answered;
	bool in_hand;
	bool left; /* its HTTP request has ended */
};

struct round {
	struct writ_gathered *members[WRIT_FLOW_TOGETHER_MAX];
	struct writ_flow_question questions[WRIT_FLOW_TOGETHER_MAX];
	struct writ_flow_round *flows;
	size_t n; /* 0: none */
	bool written; /* in the group that is open */
};

static struct round rounds[2], *begun = &rounds[0], *asked = &rounds[1];

static void unlink_from(struct writ_gathered **first, const struct writ_gathered *one)
{
	while (*first && *first != one)
		first = &(*first)->next;
	if (*first)
		*first = one->next;
}

static void drop(struct writ_gathered *one)
{
	json_decref(one->answer.body);
	(void)close(one->request.fd);
	free(one);
}

/* The HTTP request has ended, perhaps before it had its answer. */
static void release(struct writ_http_kept *kept)
{
	struct writ_gathered *one = (struct writ_gathered *)kept;

	one->left = true;
	if (one->in_hand)
		return;
	unlink_from(&one->broker->gathered, one);
	drop(one);
}

int writ_gather_add(struct writ_broker *broker, const struct writ_http_request *request,
		    const struct writ_request *wanted)
{
	struct writ_gathered *one = calloc(1, sizeof(*one)), **last = &broker->gathered;
	int fd = one ? fcntl(request->fd, F_DUPFD_CLOEXEC, 0) : -1, err = one ? -errno : -ENOMEM;

	if (fd < 0) {
		free(one);
		return err;
	}
	one->kept.release = release;
	one->broker = broker;
	one->caller = *request->caller;
	one->wanted = *wanted;
	one->request = (struct writ_http_request){
		.fd = fd,
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

static bool has_agent(const struct round *round, const char *agent)
{
	for (size_t i = 0; i < round->n; i++)
		if (!strcmp(agent_of(round->members[i]), agent))
			return true;
	return false;
}

static void join(struct round *round, struct writ_gathered *one)
{
	struct writ_flow_question *question = &round->questions[round->n];

	question->asker = (struct writ_flow_asker){
		&one->caller, one->request.fd, one->request.operators};
	question->request = &one->wanted;
	round->members[round->n++] = one;
	one->in_hand = true;
}

/* In the order in which they came; none of an agent who has one in hand. */
static void choose(struct writ_broker *broker)
{
	struct writ_gathered **link = &broker->gathered, *one;

	while ((one = *link) && begun->n < WRIT_FLOW_TOGETHER_MAX) {
		if (has_agent(begun, agent_of(one)) || has_agent(asked, agent_of(one))) {
			link = &one->next;
			continue;
		}
		*link = one->next;
		join(begun, one);
	}
}

/* Where no group can be opened, its error, what was given is written each by itself. */
static int take_asked(struct writ_broker *broker)
{
	int err;

	if (!asked->n || asked->written)
		return 0;
	err = writ_ledger_group(broker->ledger);
	writ_flow_take(asked->flows);
	asked->written = true;
	return err;
}

bool writ_gather_begin(struct writ_broker *broker)
{
	int err = 0;

	assert(!begun->n);
	choose(broker);
	if (begun->n) {
		err = writ_ledger_group(broker->ledger);
		begun->flows = writ_flow_begin(broker, begun->questions, begun->n, err);
		begun->written = true;
	}
	if (take_asked(broker) || err)
		return false;
	return begun->n || asked->n;
}

/* If somebody still waits for it. */
static void answer(struct writ_gathered *one, const struct writ_flow_result *result)
{
	one->in_hand = false;
	if (one->left) {
		drop(one);
		return;
	}
	writ_api_asked(one->broker, &one->request, result, &one->answer);
	one->answered = true;
	writ_http_resume(one->broker->http, one->request.connection);
}

/* Who asks for one of these by its number waits for the same. */
static bool end_asked(struct writ_broker *broker, int err)
{
	if (!asked->written)
		return false;
	asked->written = false;
	writ_flow_end(asked->flows, err);
	for (size_t i = 0; i < asked->n; i++)
		answer(asked->members[i], &asked->questions[i].result);
	asked->n = 0;
	writ_http_wake(broker->http);
	return true;
}

bool writ_gather_end(struct writ_broker *broker)
{
	int err = writ_ledger_group_end(broker->ledger);
	bool some;

	if (err)
		broker->unsettled = writ_time_boot();
	some = end_asked(broker, err);
	if (begun->written)
		writ_flow_begun(begun->flows, err);
	begun->written = false;
	return some;
}

void writ_gather_put(void)
{
	struct round *round = begun;

	assert(!asked->n);
	if (!round->n)
		return;
	writ_flow_put(round->flows);
	begun = asked;
	asked = round;
}

bool writ_gather_finish_asked(struct writ_broker *broker)
{
	(void)take_asked(broker);
	return writ_gather_end(broker);
}

bool writ_gather_finish(struct writ_broker *broker)
{
	bool some = writ_gather_finish_asked(broker);

	writ_gather_put();
	return writ_gather_finish_asked(broker) || some;
}

bool writ_gather_waits(const struct writ_broker *broker)
{
	return broker->gathered || (asked->n && !writ_flow_waits(asked->flows));
}
