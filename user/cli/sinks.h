/* SPDX-License-Identifier: Apache-2.0 */
/* Who is given the log's lines, in `writ status`: rows of WRIT_VERB_SINKS. */
#ifndef WRIT_CLI_SINKS_H
#define WRIT_CLI_SINKS_H

#include <jansson.h>

#include "cli/control.h"
#include "cli/output.h"

/* In one line, cut at @size: state, what was sent and what was not. Returns how bad that is. */
enum writ_colour writ_sinks_text(const struct writ_sink_row *row, char *ret_text, size_t size);

/* As an array of objects; NULL: out of memory. */
json_t *writ_sinks_json(const struct writ_answer *answer);

#endif
