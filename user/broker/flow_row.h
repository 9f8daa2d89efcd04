/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of the core -> rows of the ledger. Strings are borrowed from what they are made of. */
#ifndef WRIT_BROKER_FLOW_ROW_H
#define WRIT_BROKER_FLOW_ROW_H

#include "broker/flow.h"

struct writ_flow_row {
	struct writ_ledger_request row;
	char *parameters; /* owned: row.parameters */
	char requester[WRIT_NAME_SIZE];
};

/*
 * What is known of @request when it comes. Role and environment are the connection's, and of a push
 * those that @policy (or NULL) has for the agent. -ENOMEM.
 */
int writ_flow_row_fill(const struct writ_policy *policy, const struct writ_flow_asker *asker,
		       const struct writ_request *request, int64_t now,
		       struct writ_flow_row *ret_row);

/* Fit for one that was never filled, if it is zero. */
void writ_flow_row_release(struct writ_flow_row *row);

/*
 * A grant as the core shows it, for ledger row @request; @offset: wall clock minus boot time, ns.
 * What the core does not show, environment and parameters, is the request's.
 */
void writ_flow_row_grant(const struct writ_grant_row *grant,
			 const struct writ_ledger_request *request, int64_t offset,
			 struct writ_ledger_grant *ret_row);

#endif
