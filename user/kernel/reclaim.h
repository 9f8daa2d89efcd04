/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slots of grants that the order names no more: used again when no program can be reading them.
 * That takes a grace period of RCU, some 8 to 20 ms, in which the core has other work: a thread
 * waits for it, for all that came meanwhile at once. Also what is known of grants without a slot:
 * the last WRIT_GRANT_INFOS_KEPT keep their names, for records that come late.
 */
#ifndef WRIT_KERNEL_RECLAIM_H
#define WRIT_KERNEL_RECLAIM_H

#include "kernel/kernel.h"

/*
 * Takes over what an earlier writd left: waits for readers once, frees the slots that no order
 * names, forgets all but the last names.
 */
int writ_reclaim_open(struct writ_kernel *kernel);

/* What waits is left for the next writd. */
void writ_reclaim_close(struct writ_reclaim *reclaim);

/*
 * Slot @slot of @agent, which has just been taken out of the order. Its id stays until it is free,
 * its image until no slot refers to it. Without writ_reclaim_open() it is free on return. -errno:
 * readers can't be waited for; the slot is lost until the next writd.
 */
int writ_reclaim_add(struct writ_kernel *kernel, uint32_t agent, uint32_t slot);

/* Frees what readers have left, and has the thread wait for the rest. */
void writ_reclaim_run(struct writ_kernel *kernel);

/* Waits until all is free. */
int writ_reclaim_wait(struct writ_kernel *kernel);

#endif
