/* SPDX-License-Identifier: GPL-2.0-only */
/* What the programs of a sweep share, see cut.bpf.c. */
#ifndef WRIT_CUT_BPF_H
#define WRIT_CUT_BPF_H

#include "reach_judge.bpf.h"

enum cut_verdict {
	CUT_KEPT,
	CUT_REFUSED,
	CUT_UNKNOWN,
};

static __always_inline __u32 cut_sweep(void)
{
	struct writ_node *settings;
	__u32 zero = 0;

	settings = bpf_map_lookup_elem(&node, &zero);
	return settings ? *(volatile __u32 *)&settings->sweep : 0;
}

static __always_inline void cut_tell(struct bpf_iter_meta *meta, const struct writ_cut *cut)
{
	(void)bpf_seq_write(meta->seq, (void *)cut, sizeof(*cut));
}

static __always_inline __u32 cut_verdict(const struct decision *d, const struct writ_reach *reach)
{
	if (decision_allows(d) || d->monitor)
		return CUT_KEPT;
	return reach_lost_name(d) && reach_grant_lives(d, reach) ? CUT_KEPT : CUT_REFUSED;
}

/* The peer as it is now, for when the socket has none. */
static __always_inline void cut_keep_peer(struct writ_sock_reach *reach, const struct decision *d)
{
	if (!d->protocol || !d->port)
		return;
	__builtin_memcpy(reach->peer_address, &d->address, sizeof(reach->peer_address));
	*(volatile __u32 *)&reach->peer_port = d->port;
}

/* One side of a socket, for the run and paths that are in @like; see reach_judge_side(). */
static __always_inline __u32 cut_side(struct scratch *scratch, struct sock *sk,
				      struct writ_sock_reach *reach, __u32 own)
{
	struct decision *d;
	__u32 verdict;

	if (!scratch)
		return CUT_UNKNOWN;
	d = &scratch->decision;
	reach_object(scratch, sk, reach, own);
	(void)decide(scratch);
	verdict = cut_verdict(d, &reach->note);
	if (verdict == CUT_REFUSED && !own)
		cut_keep_peer(reach, d);
	return verdict;
}

#endif
