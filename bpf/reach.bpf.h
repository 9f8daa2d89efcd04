/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an agent opens through a grant is noted, so that the grant's end reaches it (reach.bpf.c).
 * The note is kept with the inode or the socket and goes with it. It can't be lost: who can't be
 * noted is denied.
 */
#ifndef WRIT_REACH_BPF_H
#define WRIT_REACH_BPF_H

#include "object.bpf.h"

#define REACH_UNIT_MASK ((1ull << WRIT_REACH_UNIT_BITS) - 1u)
#define REACH_PAST 1u /* a unit that is over, and with which no stamp is 0: that is no stamp */
#define REACH_TURN (1ull << WRIT_REACH_UNIT_BITS)
#define REACH_TURN_MASK (((1ull << WRIT_REACH_TURN_BITS) - 1u) << WRIT_REACH_UNIT_BITS)

/* What was found of @d stands as long as this does. */
static __always_inline __u64 reach_stamp(const struct decision *d)
{
	return d->ends << WRIT_REACH_ENDS_SHIFT | grants_until(d) >> WRIT_REACH_UNIT_SHIFT;
}

/* Has no grant ended since @stamp was made, of an agent who has seen @ends of them by @now? */
static __always_inline int reach_stands(__u64 stamp, __u64 ends, __u64 now)
{
	ends = ends << WRIT_REACH_ENDS_SHIFT >> WRIT_REACH_ENDS_SHIFT; /* as a stamp has it */
	return stamp >> WRIT_REACH_ENDS_SHIFT == ends &&
	       now >> WRIT_REACH_UNIT_SHIFT < (stamp & REACH_UNIT_MASK);
}

/* @stamp in the place of @before, as another value than any of late; 0: another one came first. */
static __always_inline int reach_swap(__u64 *place, __u64 before, __u64 stamp)
{
	stamp = (stamp & ~REACH_TURN_MASK) | ((before + REACH_TURN) & REACH_TURN_MASK);
	return __sync_val_compare_and_swap(place, before, stamp) == before;
}

/*
 * A stamp that is there already may be somebody's who opened by another grant: the earlier moment
 * counts, and one that may not stand stays so. Where two write at a time, the next use asks again.
 */
static __always_inline void reach_put(__u64 *place, __u64 stamp)
{
	__u64 before = *(volatile __u64 *)place, turn = ~REACH_TURN_MASK;

	if (before && before >> WRIT_REACH_ENDS_SHIFT != stamp >> WRIT_REACH_ENDS_SHIFT)
		stamp = (stamp & ~REACH_UNIT_MASK) | REACH_PAST;
	else if (before && (before & turn) < (stamp & turn))
		stamp = before;
	if (!reach_swap(place, before, stamp)) {
		__sync_fetch_and_and(place, ~REACH_UNIT_MASK);
		__sync_fetch_and_or(place, REACH_PAST);
	}
}

/* Notes @d in @reach, unless it says all that already. */
static __always_inline void reach_note(struct writ_reach *reach, const struct decision *d)
{
	__u64 stamp;
	__u32 whose;

	if (*(volatile __u32 *)&reach->agent == d->agent && reach->grant == d->grant &&
	    *(volatile __u64 *)&reach->generation == d->generation &&
	    reach_stands(*(volatile __u64 *)&reach->stamps[WRIT_REACH_READ], d->ends, d->now) &&
	    reach_stands(*(volatile __u64 *)&reach->stamps[WRIT_REACH_WRITE], d->ends, d->now))
		return;
	whose = __sync_val_compare_and_swap(&reach->agent, 0, d->agent);
	if (whose && whose != d->agent)
		*(volatile __u32 *)&reach->agent = WRIT_REACH_ANY;
	stamp = reach_stamp(d);
	reach_put(&reach->stamps[WRIT_REACH_READ], stamp);
	reach_put(&reach->stamps[WRIT_REACH_WRITE], stamp);
	reach->grant = d->grant;
	barrier();
	*(volatile __u64 *)&reach->generation = d->generation; /* last: the stamps know of it */
}

/*
 * Of two tasks that make an inode's storage at the same moment one is told that there is none:
 * bpf_local_storage_update() says -EEXIST or -EAGAIN then, and the helper NULL
 * (kernel/bpf/bpf_inode_storage.c at 037dd1308c6d); the next call finds the other's. Newer kernels
 * (7.3) fail besides where they would have to wait, as subject_label_again() has it. Out of line:
 * hardly ever needed. A socket's storage is made the same way (net/core/bpf_sk_storage.c).
 */
static __noinline struct writ_reach *reach_again(struct inode *inode)
{
	struct writ_reach *reach = NULL;

	for (int i = 0; i < STORAGE_TRIES && !reach; i++)
		reach = bpf_inode_storage_get(&reaches, inode, NULL,
					      BPF_LOCAL_STORAGE_GET_F_CREATE);
	return reach;
}

/* How an open ends: judged, noted if a grant allows it, recorded, answered. */
static __always_inline int reach_end_file(struct scratch *scratch, struct inode *inode)
{
	struct decision *d = &scratch->decision;
	struct writ_reach *reach;

	(void)decide(scratch);
	if (d->reason == WRIT_REASON_GRANT && inode) {
		reach = bpf_inode_storage_get(&reaches, inode, NULL,
					      BPF_LOCAL_STORAGE_GET_F_CREATE);
		if (!reach)
			reach = reach_again(inode);
		if (reach)
			reach_note(reach, d);
		else
			d->reason = WRIT_REASON_NO_MEMORY;
	}
	return decision_finish(scratch) ? -EPERM : 0;
}

static __noinline struct writ_sock_reach *reach_sock_again(struct sock *sk)
{
	struct writ_sock_reach *reach = NULL;

	for (int i = 0; i < STORAGE_TRIES && !reach; i++)
		reach = bpf_sk_storage_get(&sock_reaches, sk, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	return reach;
}

/*
 * The same of a socket that was judged: @sk connects, or is bound or listens, as the decision's
 * access says.
 */
static __always_inline int reach_finish_sock(struct scratch *scratch, struct sock *sk)
{
	struct decision *d = &scratch->decision;
	struct writ_sock_reach *reach;

	if (d->reason == WRIT_REASON_GRANT && sk) {
		reach = bpf_sk_storage_get(&sock_reaches, sk, NULL,
					   BPF_LOCAL_STORAGE_GET_F_CREATE);
		if (!reach)
			reach = reach_sock_again(sk);
		if (reach) {
			__sync_fetch_and_or(&reach->note.access, d->access);
			reach_note(&reach->note, d);
			*(volatile __u32 *)&reach->sweep = 0; /* a sweep that runs leaves it */
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
