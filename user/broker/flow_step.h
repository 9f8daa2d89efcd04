/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of a request's way, for flow.c: each says what its failure means. What is said to the
 * asker is in `result`; the ledger's row, if there is one, says the same.
 */
#ifndef WRIT_BROKER_FLOW_STEP_H
#define WRIT_BROKER_FLOW_STEP_H

#include "broker/flow_core.h"
#include "broker/flow_row.h"

struct writ_flow {
	struct writ_broker *broker;
	const struct writ_flow_asker *asker;
	struct writ_flow_result *result;
	struct writ_request request;
	struct writ_flow_row row; /* of `request`; released by who has the flow */
	struct writ_history history;
	struct writ_evaluation evaluation;
	struct writ_flow_core core; /* what it answered */
	int core_err;		    /* and how: writ_flow_core_check() */
	char core_error[WRIT_ERROR_SIZE];
	int64_t now;
	bool counted; /* refused, and counted in the row of another one */
	bool late;    /* evaluation has said yes */
	bool issuing; /* its row says that the core is asked */
};

/* Policy, history and time. -EIO: the past is not known, so nothing is allowed. */
int writ_flow_judge(struct writ_flow *flow);

/* The verdict's words become the answer's. */
void writ_flow_take_words(struct writ_flow *flow);

int writ_flow_fill_row(struct writ_flow *flow);

/*
 * Its row, which is ISSUING where nothing is left to be asked but the core; of a refusal that is
 * one of too many, the row that it is counted in.
 */
int writ_flow_write_row(struct writ_flow *flow);

void writ_flow_answer(struct writ_flow *flow, enum writ_refusal refusal, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Nothing that can't be written down is proposed. */
void writ_flow_refuse_unwritten(struct writ_flow *flow);

/* With the words that the answer has. */
void writ_flow_refuse(struct writ_flow *flow);

/* Refused by what evaluation holds, and with what that means for the agent. */
void writ_flow_deny(struct writ_flow *flow);

/* Refused after evaluation had said yes: it counts like any denial. */
void writ_flow_deny_late(struct writ_flow *flow, enum writ_refusal refusal, const char *message);

/* The core's answer to a proposal: what it gave, what it keeps for people, or why neither. */
void writ_flow_give(struct writ_flow *flow);
void writ_flow_pend(struct writ_flow *flow);
void writ_flow_core_failed(struct writ_flow *flow);

/* It is in force, and its row does not say so: it stays ISSUING, and is settled later. */
void writ_flow_given_unwritten(struct writ_flow *flow);

#endif
