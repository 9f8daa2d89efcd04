/* SPDX-License-Identifier: GPL-2.0-only */
/* The record of a decision, see event.bpf.c. */
#ifndef WRIT_EVENT_BPF_H
#define WRIT_EVENT_BPF_H

#include "decide.bpf.h"
#include "writ/event.h"

/*
 * Sends the record of @d; its object is text[d->at, WRIT_TEXT_PATH_END), its argv what follows.
 * A global function: proven once. Returns 0, for nothing may depend on it.
 */
extern int event_submit(struct writ_text *text, struct decision *d, __u32 type, __u32 verdict);

/* Records the decision and gives the hook's return value. */
static __always_inline int decision_finish(struct decision *d)
{
	__u32 verdict = WRIT_VERDICT_ALLOW;

	if (!decision_allows(d))
		verdict = d->monitor ? WRIT_VERDICT_WOULD_DENY : WRIT_VERDICT_DENY;
	event_submit(d->text, d, WRIT_EVENT_DECISION, verdict);
	return verdict == WRIT_VERDICT_DENY ? -EPERM : 0;
}

#endif
