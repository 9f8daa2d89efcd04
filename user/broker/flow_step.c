/* SPDX-License-Identifier: Apache-2.0 */
/* See flow_step.h. */
#include "broker/flow_step.h"

#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "broker/broker.h"
#include "broker/flow_record.h"
#include "broker/mend.h"
#include "compile/node.h"
#include "compile/policy.h"
#include "lib/log.h"
#include "lib/time.h"

void writ_flow_answer(struct writ_flow *flow, enum writ_refusal refusal, const char *format, ...)
{
	struct writ_flow_result *result = flow->result;
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(result->message, sizeof(result->message), format, arguments);
	va_end(arguments);
	result->refusal = refusal;
}

/* A row that can't be closed stays open; the next start withdraws it, and it gives nothing. */
void writ_flow_refuse(struct writ_flow *flow)
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

void writ_flow_refuse_unwritten(struct writ_flow *flow)
{
	writ_flow_answer(flow, WRIT_REFUSAL_UNAVAILABLE, "the ledger can't be written: %s",
			 writ_ledger_error(flow->broker->ledger));
	writ_error("%s", flow->result->message);
	writ_flow_refuse(flow);
}

/* The core narrows rights on the broker's word; if it does not, people must know. */
static void suspend(struct writ_flow *flow)
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

void writ_flow_deny(struct writ_flow *flow)
{
	flow->result->retry_after = flow->evaluation.retry_after;
	if (flow->evaluation.suspend)
		suspend(flow);
	writ_flow_refuse(flow);
}

void writ_flow_deny_late(struct writ_flow *flow, enum writ_refusal refusal, const char *message)
{
	writ_flow_answer(flow, refusal, "%s", message);
	writ_mend_late(flow->broker->policy, &flow->request, refusal, flow->result->remedy);
	flow->evaluation = (struct writ_evaluation){.refusal = refusal};
	if (!flow->asker->by_operator) /* what an operator does wrong is not the agent's fault */
		writ_evaluate_denial(writ_node_of(flow->broker->policy), &flow->history, refusal,
				     &flow->evaluation);
	writ_flow_deny(flow);
}

static bool is_user(const char *name)
{
	return *name && getpwnam(name);
}

int writ_flow_judge(struct writ_flow *flow)
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

void writ_flow_take_words(struct writ_flow *flow)
{
	writ_flow_answer(flow, flow->evaluation.refusal, "%s", flow->evaluation.message);
	(void)snprintf(flow->result->remedy, WRIT_REMEDY_SIZE, "%s", flow->evaluation.remedy);
}

int writ_flow_fill_row(struct writ_flow *flow)
{
	int err = writ_flow_row_fill(flow->broker->policy, flow->asker, &flow->request, flow->now,
				     &flow->row);

	flow->row.row.id = flow->result->id;
	return err;
}

int writ_flow_write_row(struct writ_flow *flow)
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
		err = writ_flow_fill_row(flow);
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
 * If the ledger can't say that it waits the core forgets it; if that fails too, the row is not
 * PENDING, and what people approve then is issued to nobody.
 */
void writ_flow_pend(struct writ_flow *flow)
{
	const struct writ_proposal_row *proposal = &flow->core.proposal;
	struct writ_flow_result *result = flow->result;
	char error[WRIT_ERROR_SIZE];

	if (writ_ledger_pend(flow->broker->ledger, result->id, proposal->proposal)) {
		(void)writ_flow_core_withdraw(flow->broker->core, proposal->proposal, error);
		writ_flow_refuse_unwritten(flow);
		return;
	}
	result->state = WRIT_REQUEST_STATE_PENDING;
	result->needed = proposal->needed;
	result->given = proposal->given;
	writ_flow_answer(flow, WRIT_REFUSAL_NONE, "%u of %u approvals are given", result->given,
			 result->needed);
}

void writ_flow_given_unwritten(struct writ_flow *flow)
{
	flow->result->state = WRIT_REQUEST_STATE_ISSUING;
	writ_flow_answer(flow, WRIT_REFUSAL_UNAVAILABLE,
			 "it was issued, and the ledger can't be written: %s",
			 writ_ledger_error(flow->broker->ledger));
	flow->broker->unsettled = writ_time_boot();
	writ_error("request %" PRIu64 ": %s", flow->result->id, flow->result->message);
}

void writ_flow_give(struct writ_flow *flow)
{
	struct writ_ledger_grant row;

	writ_flow_row_grant(&flow->core.grant, &flow->row.row, writ_time_offset(), &row);
	if (writ_ledger_grant(flow->broker->ledger, &row)) {
		writ_flow_given_unwritten(flow);
		return;
	}
	flow->result->state = WRIT_REQUEST_STATE_GRANTED;
	writ_flow_answer(flow, WRIT_REFUSAL_NONE, "%s", "");
}

/* The core did not take it, or nobody knows whether it did: then it is asked what it has. */
void writ_flow_core_failed(struct writ_flow *flow)
{
	if (!writ_flow_core_lost(flow->core_err)) {
		writ_flow_deny_late(flow, writ_flow_core_refusal(flow->core_err), flow->core_error);
		return;
	}
	writ_flow_answer(flow, WRIT_REFUSAL_UNAVAILABLE,
			 flow->issuing ? "the core gave no clear answer, so it is not known "
					 "whether it is issued: %s"
				       : "the core gave no clear answer: %s",
			 flow->core_error);
	flow->result->retry_after = 1;
	flow->broker->unsettled = writ_time_boot();
	if (flow->issuing)
		flow->result->state = WRIT_REQUEST_STATE_ISSUING;
	else
		writ_flow_refuse(flow);
}
