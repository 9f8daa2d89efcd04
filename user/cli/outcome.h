/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What became of a request for a grant, in words: given, waiting, refused, and what to do next. The
 * answers are those of /v1/requests: {request, grant?} or {request?, error}.
 */
#ifndef WRIT_CLI_OUTCOME_H
#define WRIT_CLI_OUTCOME_H

#include "cli/call.h"

/* How long to wait for a decision. */
struct writ_patience {
	bool wait;
	const char *text; /* as given; NULL: as long as it takes */
	uint64_t ns;	  /* of it */
};

/* Reads ->text. WRIT_EXIT_OK or WRIT_EXIT_USAGE. */
int writ_outcome_patience(const struct writ_cli *cli, struct writ_patience *patience);

/*
 * Sends @call, waits if that is wanted, and gives the last answer, of any status, owned. Returns
 * WRIT_EXIT_OK, or an exit code after saying why there is none.
 */
int writ_outcome_await(const struct writ_call *call, const struct writ_patience *patience,
		       json_t **ret_answer);

/*
 * Says it; with --json prints @answer. @asked: the time that was asked for. Returns an exit
 * code.
 */
int writ_outcome_say(const struct writ_cli *cli, const json_t *answer, const char *asked);

/* The grant's row of @answer, NULL: none was given. Borrowed. */
const json_t *writ_outcome_grant(const json_t *answer);

/* "granted 3: rotate-certificate to billing-bot for 20s (ticket CHG-1842), until 10:11:32Z" */
void writ_outcome_print_grant(const json_t *grant, const char *asked);

#endif
