/* SPDX-License-Identifier: GPL-2.0-only */
/* The record of a decision, see event.bpf.c. */
#ifndef WRIT_EVENT_BPF_H
#define WRIT_EVENT_BPF_H

#include "decide.bpf.h"
#include "writ/event.h"

/*
 * Sends the record of @d; its object is text[d->at, WRIT_TEXT_PATH_END), its argv what follows.
 * A global function: proven once. 0, or -errno: it is not in the ring, and counted as lost.
 */
extern int event_submit(struct writ_text *text, struct decision *d, __u32 type, __u32 verdict);

static __always_inline void event_count(__u32 verdict)
{
	if (verdict == WRIT_VERDICT_ALLOW)
		COUNT(allowed);
	else if (verdict == WRIT_VERDICT_DENY)
		COUNT(denied);
	else if (verdict == WRIT_VERDICT_WOULD_DENY)
		COUNT(would_denied);
}

static __always_inline __u32 decision_verdict(const struct decision *d)
{
	if (decision_allows(d))
		return WRIT_VERDICT_ALLOW;
	return d->monitor ? WRIT_VERDICT_WOULD_DENY : WRIT_VERDICT_DENY;
}

/*
 * Does policy want no record of it? Only if the entry says so of every bit that was needed; a
 * decision that needs none (of a fork, say) is no rule's, and always recorded.
 */
static __always_inline int decision_is_quiet(const struct decision *d)
{
	return d->access && !(d->access & ~(d->audit & WRIT_AUDIT_QUIET));
}

/*
 * Records the decision and gives the hook's return value. That depends on the record in one case,
 * which only narrows: an allow whose record policy requires is a deny when there is no room.
 */
static __always_inline int decision_finish(struct decision *d)
{
	__u32 verdict = decision_verdict(d);
	__u32 required = d->access & (d->audit >> WRIT_AUDIT_REQUIRED_SHIFT);

	if (decision_is_quiet(d))
		event_count(verdict);
	else if (event_submit(d->text, d, WRIT_EVENT_DECISION, verdict) && required &&
		 verdict == WRIT_VERDICT_ALLOW)
		return -EPERM;
	return verdict == WRIT_VERDICT_DENY ? -EPERM : 0;
}

#endif
