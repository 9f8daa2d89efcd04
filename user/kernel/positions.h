/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far the event ring is filled and emptied, to be looked at by who does neither. Read-only: the
 * consumer is another process (user/audit), and its position is its own.
 */
#ifndef WRIT_KERNEL_POSITIONS_H
#define WRIT_KERNEL_POSITIONS_H

#include "kernel/kernel.h"

struct writ_positions {
	const uint64_t *consumed; /* memory-mapped; NULL: not open */
	const uint64_t *produced;
};

int writ_positions_open(const struct writ_kernel *kernel, struct writ_positions *ret);
void writ_positions_close(struct writ_positions *positions);

/* Bytes so far; they only grow. What was produced before and is consumed now is in the log. */
uint64_t writ_positions_produced(const struct writ_positions *positions);
uint64_t writ_positions_consumed(const struct writ_positions *positions);

/* Bytes that wait. */
uint64_t writ_positions_used(const struct writ_positions *positions);

#endif
