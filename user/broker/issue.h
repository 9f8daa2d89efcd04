/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what people decided, or the core did, to the ledger. The row says ISSUING before the core is
 * asked and GRANTED after, so that a crash between loses nothing.
 */
#ifndef WRIT_BROKER_ISSUE_H
#define WRIT_BROKER_ISSUE_H

#include "broker/ledger.h"

struct writ_broker;

/* What of a request's row outlives the look at it. */
struct writ_issue {
	uint64_t id;
	uint64_t proposal;
	uint32_t state; /* enum writ_request_state */
	char agent[WRIT_NAME_SIZE];
	char playbook[WRIT_NAME_SIZE];
	char *environment; /* owned */
	char *parameters;  /* owned */
};

/* -ENOMEM. */
int writ_issue_copy(const struct writ_ledger_request *row, struct writ_issue *ret_issue);
void writ_issue_release(struct writ_issue *issue);

/* The grant is in force, or was: into the ledger, with its end if it has one. */
int writ_issue_record(struct writ_ledger *ledger, const struct writ_issue *issue,
		      const struct writ_grant_row *grant);

/*
 * People have decided of @proposal, or the core forgot it: a row that is PENDING goes on, every
 * other one is left alone. The core's or the ledger's error, logged; the row stays ISSUING when
 * nobody knows whether it was issued.
 */
int writ_issue_decided(struct writ_broker *broker, const struct writ_proposal_row *proposal);

/* How it ended, by what the core says; NONE: it has not. */
enum writ_end writ_issue_end(const struct writ_grant_row *grant);

#endif
