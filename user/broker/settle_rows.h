/* SPDX-License-Identifier: Apache-2.0 */
/* What settling has read of ledger and core, and what it then writes. For settle*.c alone. */
#ifndef WRIT_BROKER_SETTLE_ROWS_H
#define WRIT_BROKER_SETTLE_ROWS_H

#include "broker/issue.h"

/* A grant of the core's, and why it ended. */
struct writ_settle_held {
	uint64_t id;
	uint64_t ledger;
	enum writ_end end;
};

/* A grant that lives, says the ledger. */
struct writ_settle_believed {
	uint64_t id;
	uint64_t request;
	int64_t expires_at;
};

struct writ_settlement {
	struct writ_issue *requests;	      /* ISSUING and PENDING */
	struct writ_grant_row **issued;	      /* beside each: the core's grant for it, or NULL */
	struct writ_proposal_row **proposals; /* likewise */
	size_t n_requests;
	struct writ_settle_held *held;
	size_t n_held;
	struct writ_settle_believed *believed;
	size_t n_believed;
	uint64_t row;	 /* the highest that may have been proposed */
	size_t n_failed; /* rows that could not be written */
	bool has_row;
	int err; /* the first of a visitor's */
};

/*
 * Brings each request, then each grant that lives by the ledger, to what the core has. A row that
 * can't be written is told and counted, and the others go on. -errno: the core is lost.
 */
int writ_settle_requests(struct writ_broker *broker, struct writ_settlement *all);

/* Sorts all->held by id. */
void writ_settle_believed(struct writ_broker *broker, struct writ_settlement *all);

/* When it is tried again, if a row could not be written. */
void writ_settle_again(struct writ_broker *broker, const struct writ_settlement *all);

#endif
