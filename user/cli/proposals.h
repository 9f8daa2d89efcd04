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

#endif
