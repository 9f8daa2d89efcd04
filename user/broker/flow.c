/* SPDX-License-Identifier: Apache-2.0 */
/* See flow.h: the ways that flow_step.h's steps make. */
#include "broker/flow.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/api_json.h"
#include "broker/flow_step.h"
#include "broker/waiting.h"
#include "compile/node.h"
#include "lib/cleanup.h"

/* Of one round, questions that are put and not answered: half, beside WRIT_HTTP_ARRIVALS_MAX. */
#define AHEAD_MAX (WRIT_CORE_AHEAD / 2)

static const struct writ_request *question(struct writ_flow *flow)
{
	flow->late = true;
	flow->core.ledger = flow->result->id;
	flow->request.verb = WRIT_VERB_PROPOSE;
	flow->request.flags = flow->issuing ? WRIT_PROPOSE_ISSUE : 0;
	flow->request.ledger = flow->result->id;
	return &flow->request;
}

/* @err: of asking. */
static void check_answer(struct writ_flow *flow, int err)
{
	flow->core_err = writ_flow_core_check(&flow->core, err, flow->issuing, flow->core_error);
}

static void refuse_or_pend(struct writ_flow *flow)
{
	char ignored[WRIT_ERROR_SIZE];

	if (flow->core_err == -ESTALE && flow->core.has_proposal)
		(void)writ_flow_core_withdraw(flow->broker->core, flow->core.proposal.proposal,
					      ignored);
	if (flow->core_err)
		writ_flow_core_failed(flow);
	else
		writ_flow_pend(flow);
}

static bool is_given(const struct writ_flow *flow)
{
	return !flow->core_err && flow->core.has_grant;
}

/* One by itself. */
static void propose(struct writ_flow *flow)
{
	flow->issuing = flow->evaluation.approvals == 0;
	if (flow->issuing &&
	    writ_ledger_issue(flow->broker->ledger, flow->result->id, flow->now)) {
		writ_flow_refuse_unwritten(flow);
		return;
	}
	check_answer(flow, writ_core_ask(flow->broker->core, question(flow), flow->asker->fd,
					 writ_flow_core_row, &flow->core, flow->core_error));
	if (is_given(flow))
		writ_flow_give(flow);
	else
		refuse_or_pend(flow);
}

/* The validator is shown the request as the API shows it. */
static char *as_text(const struct writ_ledger_request *row)
{
	struct writ_votes votes = {WRIT_VOTES_UNKNOWN, WRIT_VOTES_UNKNOWN};
	_cleanup_json_ json_t *json = writ_api_request(row, &votes);

	return json ? json_dumps(json, JSON_COMPACT) : NULL;
}

/* The row stays OPEN, and the asker asks for it later. */
static void validate(struct writ_flow *flow)
{
	struct writ_waiting waiting = {
		.id = flow->result->id,
		.fd = flow->asker->fd,
		.by_operator = flow->asker->by_operator,
		.caller = *flow->asker->caller,
		.request = flow->request,
	};
	_cleanup_free_ char *input = as_text(&flow->row.row);
	int err;

	flow->late = true;
	err = input ? writ_waiting_add(&flow->broker->waiting, &waiting) : -ENOMEM;
	if (!err) {
		err = writ_validate_start(flow->broker->validations,
					  writ_node_of(flow->broker->policy), waiting.id, input);
		if (err && !writ_waiting_take(flow->broker->waiting, waiting.id, &waiting))
			(void)close(waiting.fd);
	}
	if (err) {
		writ_flow_answer(flow, WRIT_REFUSAL_VALIDATOR,
				 "the ticket validator can't be asked now: %s", strerror(-err));
		flow->result->retry_after = err == -EBUSY ? 1 : 0;
		writ_flow_refuse(flow);
		return;
	}
	flow->result->state = WRIT_REQUEST_STATE_OPEN;
	writ_flow_answer(flow, WRIT_REFUSAL_NONE, "the ticket is being validated");
}

/* It is judged and has its row, 0, or has neither. */
static int write_down(struct writ_flow *flow)
{
	int err = writ_flow_judge(flow);

	if (!err)
		err = writ_flow_write_row(flow);
	writ_flow_take_words(flow);
	return err;
}

static void go_on(struct writ_flow *flow, int err)
{
	if (err)
		writ_flow_refuse_unwritten(flow);
	else if (flow->evaluation.refusal)
		writ_flow_deny(flow);
	else if (flow->evaluation.validate)
		validate(flow);
	else
		propose(flow);
}

struct writ_flow_round {
	struct writ_broker *broker;
	struct writ_flow flows[WRIT_FLOW_TOGETHER_MAX];
	int written[WRIT_FLOW_TOGETHER_MAX];		   /* how that went */
	struct writ_flow *issuing[WRIT_FLOW_TOGETHER_MAX]; /* their rows say so */
	int put[WRIT_FLOW_TOGETHER_MAX];		   /* how putting each of these went */
	size_t n;
	size_t n_issuing;
	size_t ahead; /* of these, put */
};

static void begin_flow(struct writ_broker *broker, struct writ_flow_question *question,
		       struct writ_flow *ret_flow)
{
	question->result = (struct writ_flow_result){.state = WRIT_REQUEST_STATE_REFUSED};
	*ret_flow = (struct writ_flow){
		.broker = broker,
		.asker = &question->asker,
		.result = &question->result,
		.request = *question->request,
	};
	if (!question->asker.by_operator) /* not what it says, but what it is */
		(void)snprintf(ret_flow->request.agent, sizeof(ret_flow->request.agent), "%s",
			       question->asker.caller->agent);
}

struct writ_flow_round *writ_flow_begin(struct writ_broker *broker,
					struct writ_flow_question *questions, size_t n, int err)
{
	static struct writ_flow_round rounds[2]; /* nothing can be out of memory */
	struct writ_flow_round *round = rounds[0].broker ? &rounds[1] : &rounds[0];

	assert(!round->broker);
	round->broker = broker;
	round->n = n;
	round->n_issuing = round->ahead = 0;
	for (size_t i = 0; i < n; i++) {
		begin_flow(broker, &questions[i], &round->flows[i]);
		round->written[i] = err ? err : write_down(&round->flows[i]);
	}
	return round;
}

void writ_flow_begun(struct writ_flow_round *round, int err)
{
	for (size_t i = 0; i < round->n; i++) {
		struct writ_flow *flow = &round->flows[i];

		if (err) {
			round->written[i] = err;
			flow->result->id = 0;
		}
		if (!round->written[i] && flow->issuing)
			round->issuing[round->n_issuing++] = flow;
		else
			go_on(flow, round->written[i]);
	}
}

/* As many as may be outstanding when @taken of them are not any more. */
static void put_more(struct writ_flow_round *round, size_t taken)
{
	for (; round->ahead < round->n_issuing && round->ahead - taken < AHEAD_MAX;
	     round->ahead++) {
		struct writ_flow *flow = round->issuing[round->ahead];

		round->put[round->ahead] = writ_core_put(round->broker->core, question(flow),
							 flow->asker->fd, flow->core_error);
	}
}

void writ_flow_put(struct writ_flow_round *round)
{
	put_more(round, 0);
}

static int take(struct writ_flow *flow)
{
	return writ_core_take(flow->broker->core, WRIT_VERB_PROPOSE, writ_flow_core_row,
			      &flow->core, flow->core_error);
}

/* While the core works on the next ones, what it gave is written down. */
void writ_flow_take(struct writ_flow_round *round)
{
	struct writ_flow **flows = round->issuing;

	for (size_t i = 0; i < round->n_issuing; i++) {
		put_more(round, i);
		check_answer(flows[i], round->put[i] ? round->put[i] : take(flows[i]));
		if (is_given(flows[i]))
			writ_flow_give(flows[i]);
	}
}

/* What the core did not give asks it once more, so that comes when it has answered all. */
void writ_flow_end(struct writ_flow_round *round, int err)
{
	struct writ_flow **flows = round->issuing;

	for (size_t i = 0; i < round->n_issuing; i++)
		if (!is_given(flows[i]))
			refuse_or_pend(flows[i]);
		else if (err && flows[i]->result->state == WRIT_REQUEST_STATE_GRANTED)
			writ_flow_given_unwritten(flows[i]);
	for (size_t i = 0; i < round->n; i++)
		writ_flow_row_release(&round->flows[i].row);
	round->broker = NULL;
}

bool writ_flow_waits(const struct writ_flow_round *round)
{
	for (size_t i = 0; i < round->ahead; i++)
		if (!round->put[i])
			return true;
	return false;
}

/* Judged once more: while the validator ran others may have got what the limits allow. */
static void resume(struct writ_flow *flow, enum writ_refusal refusal, const char *message)
{
	int err = writ_flow_judge(flow);

	if (!err)
		err = writ_flow_fill_row(flow);
	writ_flow_take_words(flow);
	if (err)
		writ_flow_refuse_unwritten(flow);
	else if (refusal)
		writ_flow_deny_late(flow, refusal, message);
	else if (flow->evaluation.refusal)
		writ_flow_deny(flow);
	else
		propose(flow);
}

void writ_flow_validated(void *context, uint64_t request, enum writ_refusal refusal,
			 const char *message)
{
	struct writ_broker *broker = context;
	struct writ_flow_result result = {.id = request};
	struct writ_waiting waiting;
	struct writ_flow_asker asker;
	struct writ_flow flow = {
		.broker = broker, .asker = &asker, .result = &result, .late = true};

	if (writ_waiting_take(broker->waiting, request, &waiting))
		return; /* withdrawn meanwhile */
	asker = (struct writ_flow_asker){&waiting.caller, waiting.fd, waiting.by_operator};
	flow.request = waiting.request;
	resume(&flow, refusal, message);
	writ_flow_row_release(&flow.row);
	(void)close(waiting.fd);
	if (broker->http)
		writ_http_wake(broker->http);
}
