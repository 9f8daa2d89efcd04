/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that wait for people, as the core keeps them: that which is shown is that which is
 * issued.
 */
#ifndef WRIT_CLI_PROPOSALS_H
#define WRIT_CLI_PROPOSALS_H

#include <jansson.h>
#include <stdint.h>

#include "cli/control.h"

json_t *writ_proposals_row(const struct writ_proposal_row *row);

/* One request, over several lines. @now: boot time, ns. */
void writ_proposals_print(const struct writ_proposal_row *row, uint64_t now);

/* "approved 4: rotate-certificate to billing-bot (service=billing)", without an end of line. */
void writ_proposals_print_head(const char *what, const struct writ_proposal_row *row);

/*
 * Sends @request about the proposal that @arguments name, and says by @print what became of it. To
 * the core alone, which knows the person by the connection: no broker can do it in their name. An
 * exit code.
 */
int writ_proposals_decide(const struct writ_cli *cli, const struct writ_arguments *arguments,
			  struct writ_request *request,
			  void (*print)(const struct writ_proposal_row *row));

#endif
