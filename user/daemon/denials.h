/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last denials of each agent, from the records of the ring: what `writ why` explains. In memory
 * alone; an agent has none until it is denied something. Without memory a denial is not kept here:
 * the log has it.
 */
#ifndef WRIT_DAEMON_DENIALS_H
#define WRIT_DAEMON_DENIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "writ/control.h"

#define WRIT_DENIALS_KEPT 16u /* of one agent */

struct writ_denials;

/* NULL: no memory. */
struct writ_denials *writ_denials_new(void);
void writ_denials_free(struct writ_denials *denials);

/* Keeps the record in @bytes if it is a denial of an agent; @denials may be NULL. */
void writ_denials_note(struct writ_denials *denials, const void *bytes, size_t len);

typedef int writ_denials_visitor(void *context, const struct writ_denial_row *row);

/* The oldest first; stops at what @visitor returns, if that is not 0. */
int writ_denials_each(const struct writ_denials *denials, uint32_t agent,
		      writ_denials_visitor *visitor, void *context);

#endif
