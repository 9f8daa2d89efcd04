/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an agent opens through a grant is noted, so that the grant's end reaches it (reach.bpf.c).
 * The note is kept with the inode or the socket and goes with it. It can't be lost: who can't be
 * noted is denied.
 */
#ifndef WRIT_REACH_BPF_H
#define WRIT_REACH_BPF_H

#include "object.bpf.h"

#define REACH_UNTIL_MASK ((1ull << WRIT_REACH_UNTIL_BITS) - 1u)
#define REACH_UNTIL_MAX ((1ull << (WRIT_REACH_UNTIL_BITS + WRIT_REACH_UNTIL_SHIFT)) - 1u)

/* What was found of @d stands as long as this does. */
static __always_inline __u64 reach_stamp(const struct decision *d)
{
	__u64 until = grants_until(d);

	return WRIT_REACH_STAMP(d->ends, until < REACH_UNTIL_MAX ? until : REACH_UNTIL_MAX);
}

/*
 * A stamp that stands already may be somebody's who opened by another grant, so the earlier moment
 * counts; and where two write at a time, the next use asks again.
 */
static __always_inline void reach_stamp_put(__u64 *place, __u64 stamp)
{
	__u64 before = *(volatile __u64 *)place;

	if (before && (before >> WRIT_REACH_UNTIL_BITS != stamp >> WRIT_REACH_UNTIL_BITS))
		stamp = WRIT_REACH_STALE;
	else if (before && before < stamp)
		stamp = before;
	if (__sync_val_compare_and_swap(place, before, stamp) != before)
		*(volatile __u64 *)place = WRIT_REACH_STALE;
}

/* Notes @d in @reach. */
static __always_inline void reach_note(struct writ_reach *reach, const struct decision *d)
{
	__u32 whose = __sync_val_compare_and_swap(&reach->agent, 0, d->agent);
	__u64 stamp = reach_stamp(d);

	if (whose && whose != d->agent)
		*(volatile __u32 *)&reach->agent = WRIT_REACH_ANY;
	reach->grant = d->grant;
	reach_stamp_put(&reach->stamps[WRIT_REACH_READ], stamp);
	reach_stamp_put(&reach->stamps[WRIT_REACH_WRITE], stamp);
}

/* How an open ends: judged, noted if a grant allows it, recorded, answered. */
static __always_inline int reach_end_file(struct scratch *scratch, struct inode *inode)
{
	struct decision *d = &scratch->decision;
	struct writ_reach *reach;

	(void)decide(scratch);
	if (d->reason == WRIT_REASON_GRANT && inode) {
		reach = bpf_inode_storage_get(&reaches, inode, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
		if (reach)
			reach_note(reach, d);
		else
			d->reason = WRIT_REASON_NO_MEMORY;
	}
	return decision_finish(scratch) ? -EPERM : 0;
}

/*
 * The same of a socket that was judged: @sk connects, or is bound or listens, as the decision's access
 * says.
 */
static __always_inline int reach_finish_sock(struct scratch *scratch, struct sock *sk)
{
	struct decision *d = &scratch->decision;
	struct writ_reach *reach;

	if (d->reason == WRIT_REASON_GRANT && sk) {
		reach = bpf_sk_storage_get(&sock_reaches, sk, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
		if (reach) {
			__sync_fetch_and_or(&reach->access, d->access);
			reach_note(reach, d);
		} else {
			d->reason = WRIT_REASON_NO_MEMORY;
		}
	}
	return decision_finish(scratch) ? -EPERM : 0;
}

static __always_inline int reach_end_sock(struct scratch *scratch, struct sock *sk)
{
	(void)decide(scratch);
	return reach_finish_sock(scratch, sk);
}

#endif
