/* SPDX-License-Identifier: Apache-2.0 */
/*
 * May it have the grant? Policy, history and time in; yes, wait or no out, with words for people
 * and a word for machines. Pure: no clock, no file but what window/ needs of the time zone
 * database, no process. The core repeats all that it can know: this is where the agent learns why
 * not.
 */
#ifndef WRIT_BROKER_EVALUATE_H
#define WRIT_BROKER_EVALUATE_H

#include "broker/ledger.h"
#include "compile/command.h"
#include "compile/model.h"
#include "lib/time.h"

#define WRIT_MESSAGE_SIZE 512u

struct writ_asker {
	bool by_operator;
	bool suspended; /* the agent that is asked for */
	bool frozen;
	bool sponsor_known; /* the system has somebody of the sponsor's name */
};

struct writ_evaluation {
	enum writ_refusal refusal; /* NONE: not refused */
	/*
	 * Seconds after which asking again may help: the time has come, or, after a denial that
	 * counts, the agent is heard again. 0: waiting alone helps nothing.
	 */
	uint32_t retry_after;
	bool validate;	    /* the external validator has to be asked of the ticket */
	uint32_t approvals; /* people who must approve; 0: none */
	bool suspend;	    /* this denial is one too many: suspend the agent */
	uint64_t ttl_ns;    /* what it would last */
	enum writ_clip clip;
	char message[WRIT_MESSAGE_SIZE]; /* one line; says what failed and on what */
	char remedy
		[WRIT_REMEDY_SIZE]; /* one line; what to ask for, or whom; "" when there is none */
};

/*
 * @request is not trusted: any bytes. @now: wall ns. Never fails: what can't be judged is a
 * refusal. @policy NULL: none is in force.
 */
void writ_evaluate(const struct writ_policy *policy, const struct writ_request *request,
		   const struct writ_asker *asker, const struct writ_history *history, int64_t now,
		   struct writ_evaluation *ret_evaluation);

/*
 * A further denial for @refusal, when @history has so many before: how long to wait, whether to
 * suspend. writ_evaluate() has done it for what it refuses; this is for what comes later (the
 * validator, an operator), and for an agent's own request alone. @node: writ_node_of().
 */
void writ_evaluate_denial(const struct writ_policy_node *node, const struct writ_history *history,
			  enum writ_refusal refusal, struct writ_evaluation *evaluation);

/* For how long an agent is not heard after @denials in a row: doubles with each. */
uint64_t writ_evaluate_backoff(const struct writ_policy_node *node, uint32_t denials);

/* Whole seconds that @ns last, for retry_after: one begun is one more. */
uint32_t writ_evaluate_seconds(uint64_t ns);

/* Is it held against the agent? */
bool writ_evaluate_counts(enum writ_refusal refusal);

const char *writ_evaluate_refusal(enum writ_refusal refusal);

#endif
