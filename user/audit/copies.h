/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the core is to see of the ring: the newest denials and enrolments, handed over when the
 * channel has room (writ/audit.h). Older ones make way; the log has all of them.
 */
#ifndef WRIT_AUDIT_COPIES_H
#define WRIT_AUDIT_COPIES_H

#include <stddef.h>
#include <stdint.h>

#define WRIT_COPIES_MAX 256u /* that wait; 1.2 KiB each */

struct writ_copies;

/* NULL: no memory. */
struct writ_copies *writ_copies_new(void);
void writ_copies_free(struct writ_copies *copies);

/* Keeps the record in @bytes if the core is to see it. */
void writ_copies_take(struct writ_copies *copies, const void *bytes, size_t len);

/* Hands over what waits, the oldest first, until @channel is full. Never blocks. */
void writ_copies_send(struct writ_copies *copies, int channel);

#endif
