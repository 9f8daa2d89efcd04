// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of a sweep (cut.bpf.c): sockets are destroyed, so that their peers know.
 *
 * cut_tcp, cut_udp	of the reader's network namespace: what the sweep found to be nobody's
 *			right; and, judged here, what no descriptor leads to (not accepted yet, or
 *			on its way in a message)
 *
 * Iterators over sockets, because these alone may destroy one. Subflows of MPTCP have no note; user
 * space closes their socket (user/kernel/cut_close.c).
 */
#include "cut.bpf.h"

/*
 * Nobody was found to hold @sk: kept if any run of its agent may use it. One that more than one
 * agent has noted is nobody's to judge.
 */
static __always_inline __u32 cut_judge_unheld(struct sock *sk, struct writ_sock_reach *reach)
{
	__u32 agent = *(volatile __u32 *)&reach->note.agent, verdict = CUT_KEPT, access;
	struct scratch *scratch;

	if (!agent || agent == WRIT_REACH_ANY ||
	    reach_stands_now(*(volatile __u64 *)&reach->note.stamps[WRIT_REACH_READ], agent))
		return CUT_KEPT;
	access = reach_side(reach, 0);
	if (access) {
		scratch = scratch_begin(agent, WRIT_OP_SEND, access);
		if (scratch)
			scratch->decision.run = WRIT_RUN_ANY;
		verdict = cut_side(scratch, sk, reach, 0);
	}
	access = reach_side(reach, 1);
	if (verdict == CUT_KEPT && access) {
		scratch = scratch_begin(agent, WRIT_OP_SEND, access);
		if (scratch)
			scratch->decision.run = WRIT_RUN_ANY;
		verdict = cut_side(scratch, sk, reach, 1);
	}
	return verdict;
}

/* @sk is locked by the iterator, as bpf_sock_destroy() needs it. */
static __always_inline void cut_close(struct bpf_iter_meta *meta, struct sock_common *common,
				      struct sock *sk)
{
	struct writ_sock_reach *reach;
	struct writ_cut cut = {.kind = WRIT_CUT_CLOSED, .object = (__u64)sk};
	__u32 sweep = cut_sweep();

	reach = bpf_sk_storage_get(&sock_reaches, sk, NULL, 0);
	if (!reach || !can_destroy())
		return;
	if (*(volatile __u32 *)&reach->sweep == sweep ? reach->sweep_kept == sweep
						      : cut_judge_unheld(sk, reach) != CUT_REFUSED)
		return;
	if (bpf_sock_destroy(common))
		return;
	cut.agent = reach->note.agent;
	cut.grant = reach->note.grant;
	cut_tell(meta, &cut);
}

SEC("iter/tcp")
int cut_tcp(struct bpf_iter__tcp *context)
{
	struct sock_common *common = context->sk_common;
	struct tcp_sock *sk;

	if (!common)
		return 0;
	sk = bpf_skc_to_tcp_sock(common); /* not one that is half made, or half gone */
	if (sk)
		cut_close(context->meta, common, (struct sock *)sk);
	return 0;
}

SEC("iter/udp")
int cut_udp(struct bpf_iter__udp *context)
{
	struct udp_sock *sk = context->udp_sk;

	if (sk)
		cut_close(context->meta, (struct sock_common *)sk, (struct sock *)sk);
	return 0;
}
