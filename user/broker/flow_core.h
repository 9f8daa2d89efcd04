/* SPDX-License-Identifier: Apache-2.0 */
/* What the core answers to a proposal, kept and checked: an answer that says two things is none. */
#ifndef WRIT_BROKER_FLOW_CORE_H
#define WRIT_BROKER_FLOW_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include "broker/core.h"

struct writ_flow_core {
	uint64_t ledger; /* row that it is asked for */
	bool has_proposal;
	bool has_grant;
	struct writ_proposal_row proposal;
	struct writ_grant_row grant;
};

/* A writ_core_visitor; its context is a struct writ_flow_core. */
void writ_flow_core_row(void *context, const struct writ_reply *row);

/* The core is gone, or can't be understood: it may have done it. */
bool writ_flow_core_lost(int err);

/* The word for the core's refusal of a proposal, by its code. */
enum writ_refusal writ_flow_core_refusal(int err);

/*
 * @err: what writ_core_ask() gave. 0: there is a grant, and it was asked for, or a proposal that
 * waits for people, both for that row. Else what went wrong: the core's own code and its words, or
 * -EPROTO.
 */
int writ_flow_core_check(const struct writ_flow_core *core, int err, bool issuing,
			 char error[WRIT_ERROR_SIZE]);

/* The core forgets @proposal; 0 also when it has none of that id. */
int writ_flow_core_withdraw(struct writ_core *core, uint64_t proposal,
			    char ret_error[WRIT_ERROR_SIZE]);

#endif
