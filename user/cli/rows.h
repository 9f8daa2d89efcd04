/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of writ/control.h as JSON and as words: what several verbs print alike. */
#ifndef WRIT_CLI_ROWS_H
#define WRIT_CLI_ROWS_H

#include "cli/control.h"
#include "cli/output.h"

#define WRIT_ROWS_LEFT_SIZE 64

const char *writ_rows_grant_state(uint32_t state);
const char *writ_rows_agent_state(uint32_t state);
const char *writ_rows_gap(uint32_t reason); /* enum writ_gap_reason */

/* "18s left", "begins in 5s", "ended 3m ago" or "revoked". */
const char *writ_rows_left(const struct writ_grant_row *row, char *ret_text, size_t size);

json_t *writ_rows_grant(const struct writ_grant_row *row);
json_t *writ_rows_grants(const struct writ_answer *answer);
json_t *writ_rows_agents(const struct writ_answer *answer);
json_t *writ_rows_status(const struct writ_status_row *row);

#endif
