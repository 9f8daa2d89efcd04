/* SPDX-License-Identifier: Apache-2.0 */
/* See flow.h. One function for each step; each says what its failure means. */
#include "broker/flow.h"

#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "broker/api_json.h"
#include "broker/flow_core.h"
#include "broker/flow_record.h"
#include "broker/flow_row.h"
#include "broker/mend.h"
#include "broker/waiting.h"
#include "compile/node.h"
#include "compile/policy.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/time.h"

struct flow {
	struct writ_broker *broker;
	const struct writ_flow_asker *asker;
	struct writ_request request;
	struct writ_flow_row row; /* of `request` */
	struct writ_history history;
	struct writ_evaluation evaluation;
	struct writ_flow_result *result;
	int64_t now;
	bool counted; /* refused, and counted in the row of another one */
	bool late;    /* evaluation has said yes */
	bool issuing; /* its row says that the core is asked */
};

/* What is said to the asker; the ledger's row, if there is one, says the same. */
static void __attribute__((format(printf, 3, 4)))
answer(struct flow *flow, enum writ_refusal refusal, const char *format, ...)
{
	struct writ_flow_result *result = flow->result;
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(result->message, sizeof(result->message), format, arguments);
	va_end(arguments);
	result->refusal = refusal;
}

/* A row that can't be closed stays open; the next start withdraws it, and it gives nothing. */
static void refuse(struct flow *flow)
{
	struct writ_flow_result *result = flow->result;
	struct writ_ledger *ledger = flow->broker->ledger;

	result->state = WRIT_REQUEST_STATE_REFUSED;
	writ_flow_record(flow->broker, &flow->request, flow->asker->fd, result->id,
			 result->refusal);
	if (flow->counted || !result->id)
		return;
	if (writ_ledger_refuse(ledger, result->id, result->refusal, result->message,
			       result->remedy, result->retry_after, flow->now))
		writ_error("ledger: request %" PRIu64 " is refused, and its row stays open: %s",
			   result->id, writ_ledger_error(ledger));
	else if (flow->late && !flow->asker->by_operator)
		(void)writ_ledger_late(ledger, flow->request.agent);
}

/* Nothing that can't be written down is proposed. */
static void refuse_unwritten(struct flow *flow)
{
	answer(flow, WRIT_REFUSAL_UNAVAILABLE, "the ledger can't be written: %s",
	       writ_ledger_error(flow->broker->ledger));
	writ_error("%s", flow->result->message);
	refuse(flow);
}

/* The core narrows rights on the broker's word; if it does not, people must know. */
static void suspend(struct flow *flow)
{
	struct writ_request request = {.verb = WRIT_VERB_SUSPEND};
	char error[WRIT_ERROR_SIZE] = "", *message = flow->result->message;
	size_t used = strlen(message);
	int err;

	(void)snprintf(request.agent, sizeof(request.agent), "%s", flow->request.agent);
	(void)snprintf(request.reason, sizeof(request.reason), "%u requests were denied in a row",
		       flow->history.denials + 1);
	err = writ_core_ask(flow->broker->core, &request, -1, NULL, NULL, error);
	if (!err) {
		(void)snprintf(message + used, WRIT_MESSAGE_SIZE - used,
			       "; the agent is suspended until an operator resumes it");
		return;
	}
	(void)snprintf(message + used, WRIT_MESSAGE_SIZE - used,
		       "; the agent should be suspended, but the core did not do it: %s", error);
	writ_error("agent %s was denied too often, and the core did not suspend it: %s",
		   request.agent, error);
}

/* Refused by what evaluation holds, and with what that means for the agent. */
static void deny(struct flow *flow)
{
	flow->result->retry_after = flow->evaluation.retry_after;
	if (flow->evaluation.suspend)
		suspend(flow);
	refuse(flow);
}

/* Refused after evaluation had said yes: it counts like any denial. */
static void deny_late(struct flow *flow, enum writ_refusal refusal, const char *message)
{
	answer(flow, refusal, "%s", message);
	writ_mend_late(flow->broker->policy, &flow->request, refusal, flow->result->remedy);
	flow->evaluation = (struct writ_evaluation){.refusal = refusal};
	if (!flow->asker->by_operator) /* what an operator does wrong is not the agent's fault */
		writ_evaluate_denial(writ_node_of(flow->broker->policy), &flow->history, refusal,
				     &flow->evaluation);
	deny(flow);
}

static bool is_user(const char *name)
{
	return *name && getpwnam(name);
}

/* Policy, history and time. -EIO: the past is not known, so nothing is allowed. */
static int judge(struct flow *flow)
{
	struct writ_broker *broker = flow->broker;
	const struct writ_attest_row *caller = flow->asker->caller;
	struct writ_asker asker = {
		.by_operator = flow->asker->by_operator,
		.suspended = !flow->asker->by_operator && caller->suspended,
		.frozen = caller->frozen,
		.sponsor_known = is_user(flow->request.sponsor),
	};
	const struct writ_policy_playbook *playbook =
		broker->policy ? writ_policy_playbook(broker->policy, flow->request.playbook)
			       : NULL;

	flow->now = writ_broker_now();
	if (writ_ledger_history(broker->ledger, flow->request.agent, flow->request.playbook,
				flow->now - (int64_t)(playbook ? playbook->rate_per_ns : 0),
				&flow->history))
		return -EIO;
	writ_evaluate(broker->policy, &flow->request, &asker, &flow->history, flow->now,
		      &flow->evaluation);
	return 0;
}

/* The verdict's words become the answer's. */
static void take_words(struct flow *flow)
{
	answer(flow, flow->evaluation.refusal, "%s", flow->evaluation.message);
	(void)snprintf(flow->result->remedy, WRIT_REMEDY_SIZE, "%s", flow->evaluation.remedy);
}

static int fill_row(struct flow *flow)
{
	int err = writ_flow_row_fill(flow->broker->policy, flow->asker, &flow->request, flow->now,
				     &flow->row);

	flow->row.row.id = flow->result->id;
	return err;
}

/* Its row; of a refusal that is one of too many, the row that it is counted in. */
static int record(struct flow *flow)
{
	enum writ_refusal refusal = flow->evaluation.refusal;
	int err = 0;

	if (refusal && !flow->asker->by_operator)
		err = writ_ledger_repeat(flow->broker->ledger, flow->request.agent, refusal,
					 flow->now, &flow->result->id);
	flow->counted = err == -EALREADY;
	if (flow->counted)
		return 0;
	if (!err)
		err = fill_row(flow);
	flow->issuing = !refusal && !flow->evaluation.validate && !flow->evaluation.approvals;
	if (!err && flow->issuing)
		err = writ_ledger_ask_issue(flow->broker->ledger, &flow->row.row, flow->now,
					    &flow->result->id);
	else if (!err)
		err = writ_ledger_ask(flow->broker->ledger, &flow->row.row, &flow->result->id);
	flow->row.row.id = flow->result->id;
	return err;
}

/*
 * It waits for people. If the ledger can't say so the core forgets it; if that fails too, the row
 * is not PENDING, and what people approve then is issued to nobody.
 */
static void pend(struct flow *flow, const struct writ_proposal_row *proposal)
{
	struct writ_flow_result *result = flow->result;
	char error[WRIT_ERROR_SIZE];

	if (writ_ledger_pend(flow->broker->ledger, result->id, proposal->proposal)) {
		(void)writ_flow_core_withdraw(flow->broker->core, proposal->proposal, error);
		refuse_unwritten(flow);
		return;
	}
	result->state = WRIT_REQUEST_STATE_PENDING;
	result->needed = proposal->needed;
	result->given = proposal->given;
	answer(flow, WRIT_REFUSAL_NONE, "%u of %u approvals are given", result->given,
	       result->needed);
}

/* It is in force. If the ledger can't say so now the row stays ISSUING, and is settled later. */
static void give(struct flow *flow, const struct writ_grant_row *grant)
{
	struct writ_ledger *ledger = flow->broker->ledger;
	struct writ_ledger_grant row;
	int err;

	writ_flow_row_grant(grant, &flow->row.row, writ_time_offset(), &row);
	err = writ_ledger_grant(ledger, &row);
	flow->result->state = err ? WRIT_REQUEST_STATE_ISSUING : WRIT_REQUEST_STATE_GRANTED;
	answer(flow, err ? WRIT_REFUSAL_UNAVAILABLE : WRIT_REFUSAL_NONE,
	       err ? "it was issued, and the ledger can't be written: %s" : "%s",
	       err ? writ_ledger_error(ledger) : "");
	if (!err)
		return;
	flow->broker->unsettled = writ_time_boot();
	writ_error("request %" PRIu64 ": %s", flow->result->id, flow->result->message);
}

/* The core did not take it, or nobody knows whether it did: then it is asked what it has. */
static void core_failed(struct flow *flow, int err, bool issuing, const char *error)
{
	if (!writ_flow_core_lost(err)) {
		deny_late(flow, writ_flow_core_refusal(err), error);
		return;
	}
	answer(flow, WRIT_REFUSAL_UNAVAILABLE,
	       issuing ? "the core gave no clear answer, so it is not known whether it is issued: "
			 "%s"
		       : "the core gave no clear answer: %s",
	       error);
	flow->result->retry_after = 1;
	flow->broker->unsettled = writ_time_boot();
	if (issuing)
		flow->result->state = WRIT_REQUEST_STATE_ISSUING;
	else
		refuse(flow);
}

static void propose(struct flow *flow)
{
	bool issuing = flow->evaluation.approvals == 0;
	struct writ_flow_core core = {.ledger = flow->result->id};
	char error[WRIT_ERROR_SIZE] = "", ignored[WRIT_ERROR_SIZE];
	int err;

	flow->late = true;
	flow->request.verb = WRIT_VERB_PROPOSE;
	flow->request.flags = issuing ? WRIT_PROPOSE_ISSUE : 0;
	flow->request.ledger = flow->result->id;
	if (issuing && !flow->issuing &&
	    writ_ledger_issue(flow->broker->ledger, flow->result->id, flow->now)) {
		refuse_unwritten(flow);
		return;
	}
	err = writ_core_ask(flow->broker->core, &flow->request, flow->asker->fd, writ_flow_core_row,
			    &core, error);
	err = writ_flow_core_check(&core, err, issuing, error);
	if (err == -ESTALE && core.has_proposal)
		(void)writ_flow_core_withdraw(flow->broker->core, core.proposal.proposal, ignored);
	if (err)
		core_failed(flow, err, issuing, error);
	else if (core.has_grant)
		give(flow, &core.grant);
	else
		pend(flow, &core.proposal);
}

/* The validator is shown the request as the API shows it. */
static char *as_text(const struct writ_ledger_request *row)
{
	struct writ_votes votes = {WRIT_VOTES_UNKNOWN, WRIT_VOTES_UNKNOWN};
	_cleanup_json_ json_t *json = writ_api_request(row, &votes);

	return json ? json_dumps(json, JSON_COMPACT) : NULL;
}

/* The row stays OPEN, and the asker asks for it later. */
static void validate(struct flow *flow)
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
		answer(flow, WRIT_REFUSAL_VALIDATOR, "the ticket validator can't be asked now: %s",
		       strerror(-err));
		flow->result->retry_after = err == -EBUSY ? 1 : 0;
		refuse(flow);
		return;
	}
	flow->result->state = WRIT_REQUEST_STATE_OPEN;
	answer(flow, WRIT_REFUSAL_NONE, "the ticket is being validated");
}

void writ_flow_ask(struct writ_broker *broker, const struct writ_flow_asker *asker,
		   const struct writ_request *request, struct writ_flow_result *ret_result)
{
	struct flow flow = {.broker = broker, .asker = asker, .request = *request};
	int err;

	flow.result = ret_result;
	*ret_result = (struct writ_flow_result){.state = WRIT_REQUEST_STATE_REFUSED};
	if (!asker->by_operator) /* not what it says, but what it is */
		(void)snprintf(flow.request.agent, sizeof(flow.request.agent), "%s",
			       asker->caller->agent);
	err = judge(&flow);
	if (!err)
		err = record(&flow);
	take_words(&flow);
	if (err)
		refuse_unwritten(&flow);
	else if (flow.evaluation.refusal)
		deny(&flow);
	else if (flow.evaluation.validate)
		validate(&flow);
	else
		propose(&flow);
	writ_flow_row_release(&flow.row);
}

/* Judged once more: while the validator ran others may have got what the limits allow. */
static void resume(struct flow *flow, enum writ_refusal refusal, const char *message)
{
	int err = judge(flow);

	if (!err)
		err = fill_row(flow);
	take_words(flow);
	if (err)
		refuse_unwritten(flow);
	else if (refusal)
		deny_late(flow, refusal, message);
	else if (flow->evaluation.refusal)
		deny(flow);
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
	struct flow flow = {.broker = broker, .asker = &asker, .result = &result, .late = true};

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
