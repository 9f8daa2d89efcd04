/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a note says (reach.bpf.h) and what is judged because of it: shared by the hooks that refuse
 * (reach.bpf.c) and the sweep that cuts and counts (cut.bpf.c), so that both say the same.
 */
#ifndef WRIT_REACH_JUDGE_BPF_H
#define WRIT_REACH_JUDGE_BPF_H

#include "address.bpf.h"
#include "reach.bpf.h"
#include "unix.bpf.h"

static __always_inline int reach_stands_now(__u64 stamp, __u32 agent)
{
	struct writ_grants *slots = bpf_map_lookup_elem(&grants, &agent);

	return slots &&
	       reach_stands(stamp, *(volatile __u64 *)&slots->ends, bpf_ktime_get_boot_ns());
}

static __always_inline int reach_is_of(const struct writ_reach *reach, __u32 agent)
{
	__u32 whose = *(volatile __u32 *)&reach->agent;

	return whose == agent || whose == WRIT_REACH_ANY;
}

struct reach_live {
	const struct decision *decision;
	__u64 grant;
	__u32 live;
	__u32 pad;
};

static long reach_live_step(__u32 index, void *context)
{
	struct reach_live *search = context;
	struct writ_grant *grant;
	__u32 entry;

	grant = grant_at(search->decision, index, &entry);
	if (!grant)
		return 1;
	if (grant->id != search->grant)
		return 0;
	search->live = grant_reason(grant, entry, search->decision) == WRIT_REASON_GRANT;
	return 1;
}

/* Does the grant that opened it live? @d has been decided. */
static __always_inline int reach_grant_lives(const struct decision *d,
					     const struct writ_reach *reach)
{
	struct reach_live search = {.decision = d, .grant = reach->grant};

	bpf_loop(WRIT_GRANTS_PER_AGENT, reach_live_step, &search, 0);
	return search.live;
}

/* Was there no path to judge by? */
static __always_inline int reach_lost_name(const struct decision *d)
{
	return d->reason == WRIT_REASON_UNLINKED || d->reason == WRIT_REASON_DISCONNECTED ||
	       d->reason == WRIT_REASON_DETACHED || d->reason == WRIT_REASON_ANONYMOUS;
}

/* What was noted of the peer of @reach, or of its own address. */
static __always_inline __u32 reach_side(const struct writ_sock_reach *reach, __u32 own)
{
	return reach->note.access &
	       (own ? WRIT_ACCESS_BIND | WRIT_ACCESS_LISTEN : WRIT_ACCESS_CONNECT);
}

/*
 * The object is the peer of @sk, or its own address. One that was cut has no peer any more
 * (tcp_disconnect, udp_abort): that which it had was kept.
 */
static __always_inline void reach_object(struct scratch *scratch, struct sock *sk,
					 const struct writ_sock_reach *reach, __u32 own)
{
	struct decision *d = &scratch->decision;

	d->family = sk->__sk_common.skc_family;
	if (d->family == AF_UNIX) {
		unix_object(scratch, own ? sk : BPF_CORE_READ((struct unix_sock *)sk, peer));
		return;
	}
	socket_protocol(d, sk->sk_type, sk->sk_protocol);
	if (d->reason)
		return;
	if (!own && !sk->__sk_common.skc_dport && reach->peer_port) {
		d->port = reach->peer_port;
		__builtin_memcpy(&d->address, reach->peer_address, sizeof(d->address));
		return;
	}
	/* skc_num is gone when the peer has closed (__inet_put_port) */
	d->port = __builtin_bswap16(own ? BPF_CORE_READ((struct inet_sock *)sk, inet_sport)
					: sk->__sk_common.skc_dport);
	if (d->family == AF_INET)
		address_set_ipv4(d, own ? sk->__sk_common.skc_rcv_saddr
					: sk->__sk_common.skc_daddr);
	else if (own)
		BPF_CORE_READ_INTO(&d->address, sk, __sk_common.skc_v6_rcv_saddr);
	else
		BPF_CORE_READ_INTO(&d->address, sk, __sk_common.skc_v6_daddr);
}

#endif
