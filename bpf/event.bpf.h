/* SPDX-License-Identifier: GPL-2.0-only */
/* The record of a decision, and how a hook ends; see event.bpf.c. */
#ifndef WRIT_EVENT_BPF_H
#define WRIT_EVENT_BPF_H

#include "decide.bpf.h"
#include "writ/event.h"

/*
 * Waking the reader costs four times what the record costs (docs/architecture.md): it is woken
 * when this much waits, and looks by itself every 50 ms.
 */
#define EVENT_WAKE_BYTES (256u << 10)

/*
 * Sends a record of @scratch's decision; its object is text[at, WRIT_TEXT_PATH_END), its argv what
 * follows. A global function: proven once. 0, or -errno: it is not in the ring, counted as lost.
 */
extern int event_submit(struct scratch *scratch, __u32 type, __u32 verdict);

/*
 * Records the decision. 0: the operation goes on; -EPERM. A global function: proven once. The
 * hook returns a constant, for what a global function returns may be anything to the verifier.
 */
extern int decision_finish(struct scratch *scratch);

#endif
