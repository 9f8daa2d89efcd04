/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that the external validator looks at: what has to be kept of them until it has spoken.
 * A table of WRIT_VALIDATIONS_MAX, as many as validators run.
 */
#ifndef WRIT_BROKER_WAITING_H
#define WRIT_BROKER_WAITING_H

#include "broker/validate.h"

struct writ_waiting {
	uint64_t id; /* row of the ledger; 0: free */
	int fd; /* the asker's connection, a copy: the core attests it, also once it is closed */
	bool by_operator;
	struct writ_attest_row caller;
	struct writ_request request;
};

struct writ_waitings;

/* Copies what @waiting has, its descriptor too. -EBUSY: full; -ENOMEM, -EMFILE. */
int writ_waiting_add(struct writ_waitings **waitings, const struct writ_waiting *waiting);

/* Takes it out; the caller closes `fd`. -ENOENT: it is not there. */
int writ_waiting_take(struct writ_waitings *waitings, uint64_t id,
		      struct writ_waiting *ret_waiting);

/* NULL is fine. */
void writ_waiting_closep(struct writ_waitings **waitings);

#endif
