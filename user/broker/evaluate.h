/* SPDX-License-Identifier: Apache-2.0 */
/*
 * May it have the grant? Policy, history and time in; yes, wait or no out, with words for people and
 * a word for machines. Pure: no clock, no file, no process but what window.c needs of the time zone
 * database. The core repeats all that it can know: this is where the agent learns why not.
 */
#ifndef WRIT_BROKER_EVALUATE_H
#define WRIT_BROKER_EVALUATE_H

#include "broker/ledger.h"
#include "compile/model.h"

#define WRIT_MESSAGE_SIZE 512u
#define WRIT_REMEDY_SIZE 1024u

struct writ_asker {
	bool by_operator;
	bool suspended; /* the agent that is asked for */
	bool frozen;
};

struct writ_evaluation {
	enum writ_refusal refusal; /* NONE: not refused */
	uint32_t retry_after;	   /* seconds after which asking again may help; 0: never does */
	bool validate;		   /* the external validator has to be asked of the ticket */
	uint32_t approvals;	   /* people who must approve; 0: none */
	bool suspend;		   /* this denial is one too many: suspend the agent */
	uint64_t ttl_ns;	   /* what it would last */
	enum writ_clip clip;
	char message[WRIT_MESSAGE_SIZE]; /* one line; says what failed and on what */
	char remedy[WRIT_REMEDY_SIZE];	 /* one line; what to ask for, or whom; "" when there is none */
};

/*
 * @request is not trusted: any bytes. @now: wall ns. Never fails: what can't be judged is a
 * refusal.
 */
void writ_evaluate(const struct writ_policy *policy, const struct writ_request *request,
		   const struct writ_asker *asker, const struct writ_history *history, int64_t now,
		   struct writ_evaluation *ret_evaluation);

/* A further denial for @refusal, when @history has so many before: how long to wait, whether to suspend. */
void writ_evaluate_denial(const struct writ_policy_node *node, const struct writ_history *history,
			  enum writ_refusal refusal, struct writ_evaluation *evaluation);

const char *writ_evaluate_refusal(enum writ_refusal refusal);

#endif
