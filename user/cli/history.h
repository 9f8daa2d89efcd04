/* SPDX-License-Identifier: Apache-2.0 */
/* `writ grants --history`: what the ledger has, of grants of all times. */
#ifndef WRIT_CLI_HISTORY_H
#define WRIT_CLI_HISTORY_H

#include "cli/options.h"

/* Each may be NULL: not asked for. */
struct writ_history_filter {
	const char *agent, *playbook, *ticket;
	const char *since; /* a date, or for how long back: 2h */
	const char *limit;
};

/* Prints a table or JSON. An exit code. */
int writ_history_show(const struct writ_cli *cli, const struct writ_history_filter *filter);

#endif
