// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets: what an agent sends without having connected.
 *
 * socket_sendmsg	UDP to an address (`send`), TCP with MSG_FASTOPEN, which connects
 *			(`connect`); source routes in control messages; and sockets of other
 *			families, wherever they came from. Unix datagrams: unix.bpf.c.
 * netlink_send		of route netlink only the reading.
 *
 * A send on a connected socket is no decision: its peer was set by a connect that was judged, or by
 * an accept on a socket that may listen, and the kernel takes no other from the call (tcp_sendmsg
 * ignores msg_name; UDP takes a route, but no address, from control messages). So a TCP send comes
 * back before anybody asks who the sender is. sendmmsg asks once for a run of messages to one
 * address.
 */
#include "address.bpf.h"

#define CMSG_MAX 16u /* control messages looked through; more are refused */

struct cmsghdr {
	__u64 len; /* of header and data */
	__s32 level;
	__s32 type;
};

struct cmsg_walk {
	const void *next;
	__u64 left;
	__u32 reason; /* enum writ_reason */
	__u32 done;
};

struct sockaddr_nl {
	__u16 family;
	__u16 pad;
	__u32 pid;
	__u32 groups;
};

struct nlmsghdr {
	__u32 len;
	__u16 type;
	__u16 flags;
	__u32 seq;
	__u32 pid;
};

static long cmsg_stop(struct cmsg_walk *walk, __u32 reason)
{
	walk->reason = reason;
	walk->done = 1;
	return 1;
}

/* One control message. The signature is bpf_loop's. */
static long cmsg_step(__u32 index, void *context)
{
	struct cmsg_walk *walk = context;
	struct cmsghdr header;
	__u64 size;

	(void)index;
	if (walk->left < sizeof(header))
		return cmsg_stop(walk, WRIT_REASON_NONE);
	if (bpf_probe_read_kernel(&header, sizeof(header), walk->next) ||
	    header.len < sizeof(header) || header.len > walk->left)
		return cmsg_stop(walk, WRIT_REASON_ADDRESS_ERROR);
	if (header.level == IPPROTO_IP && header.type == IP_RETOPTS)
		return cmsg_stop(walk, WRIT_REASON_GUARDRAIL);
	if (header.level == IPPROTO_IPV6 &&
	    (header.type == IPV6_RTHDR || header.type == IPV6_2292RTHDR))
		return cmsg_stop(walk, WRIT_REASON_GUARDRAIL);
	size = (header.len + 7) & ~7ull; /* CMSG_ALIGN */
	if (size >= walk->left)
		return cmsg_stop(walk, WRIT_REASON_NONE);
	walk->next += size;
	walk->left -= size;
	return 0;
}

/* Why the control messages are refused; WRIT_REASON_NONE: they are not. */
static __always_inline __u32 cmsg_reason(const struct msghdr *msg)
{
	struct cmsg_walk walk = {.left = msg->msg_controllen};

	if (!walk.left)
		return WRIT_REASON_NONE;
	walk.next = msg->msg_control;
	bpf_loop(CMSG_MAX, cmsg_step, &walk, 0);
	return walk.done ? walk.reason : WRIT_REASON_ADDRESS_ERROR;
}

enum send_kind {
	SEND_FREE, /* no decision */
	SEND_CONNECTS,
	SEND_DATAGRAM,
	SEND_ELSEWHERE, /* a family or protocol without rules */
};

/* To the kernel alone, and not to another process's netlink socket. */
static __always_inline int netlink_is_free(const struct sock *sk, const struct msghdr *msg)
{
	struct sockaddr_nl peer = {};
	const void *name = msg->msg_name;

	if (sk->sk_protocol != NETLINK_ROUTE)
		return 0;
	if (!name)
		return 1;
	return !bpf_probe_read_kernel(&peer, sizeof(peer), name) && !peer.pid && !peer.groups;
}

static __always_inline enum send_kind send_kind(const struct sock *sk, const struct msghdr *msg)
{
	__u32 family = sk->__sk_common.skc_family, type = sk->sk_type, protocol = sk->sk_protocol;

	if (family == AF_UNIX)
		return SEND_FREE;
	if (family == AF_NETLINK)
		return netlink_is_free(sk, msg) ? SEND_FREE : SEND_ELSEWHERE;
	if (!is_internet(family))
		return SEND_ELSEWHERE;
	if (type == SOCK_STREAM && (protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP))
		return msg->msg_flags & MSG_FASTOPEN && msg->msg_name ? SEND_CONNECTS : SEND_FREE;
	if (type != SOCK_DGRAM || protocol != IPPROTO_UDP)
		return SEND_ELSEWHERE;
	return msg->msg_name || msg->msg_controllen ? SEND_DATAGRAM : SEND_FREE;
}

static __always_inline int send_decide(__u32 agent, struct sock *sk, const struct msghdr *msg,
				       enum send_kind kind, __u32 reason)
{
	bool connects = kind == SEND_CONNECTS;
	struct scratch *scratch;
	struct decision *d;

	scratch = scratch_begin(agent, connects ? WRIT_OP_CONNECT : WRIT_OP_SEND,
				connects ? WRIT_ACCESS_CONNECT : WRIT_ACCESS_SEND);
	if (!scratch)
		return scratch_refuse(agent) ? -EPERM : 0;
	d = &scratch->decision;
	d->family = sk->__sk_common.skc_family;
	if (kind != SEND_ELSEWHERE)
		socket_protocol(d, sk->sk_type, sk->sk_protocol);
	if (kind != SEND_ELSEWHERE && msg->msg_name)
		address_set_peer(d, msg->msg_name, msg->msg_namelen, true);
	if (reason)
		d->reason = reason;
	return decision_end(scratch);
}

/*
 * A socket of the kernel's own (of a network file system, say) that sends while an agent waits is
 * not the agent's; no descriptor leads to it.
 */
SEC("lsm/socket_sendmsg")
int BPF_PROG(socket_sendmsg, struct socket *sock, struct msghdr *msg, int size, int ret)
{
	__u32 agent, reason = WRIT_REASON_NONE;
	struct sock *sk = sock->sk;
	enum send_kind kind;

	if (ret)
		return ret;
	agent = subject_current();
	if (!agent || !sk) /* without it nothing can be sent */
		return 0;
	kind = send_kind(sk, msg);
	if (kind == SEND_FREE || BPF_CORE_READ_BITFIELD_PROBED(sk, sk_kern_sock))
		return 0;
	if (kind == SEND_ELSEWHERE)
		reason = WRIT_REASON_FAMILY;
	if (kind == SEND_DATAGRAM)
		reason = cmsg_reason(msg);
	if (kind == SEND_DATAGRAM && !reason && !msg->msg_name)
		return 0;
	return send_decide(agent, sk, msg, kind, reason);
}

/*
 * One message in each send, and one of those that ask (RTNL_KIND_GET, net/core/rtnetlink.c): what
 * libc and `ip` send. The message is the kernel's copy.
 */
static __always_inline int netlink_asks(const struct sk_buff *skb)
{
	struct nlmsghdr header = {};
	__u32 len = skb->len;

	if (len < sizeof(header) || bpf_probe_read_kernel(&header, sizeof(header), skb->data))
		return 0;
	if (header.len < sizeof(header) || header.len > len || ((header.len + 3u) & ~3u) < len)
		return 0;
	return header.type >= RTM_BASE && (header.type & 3) == RTNL_KIND_GET;
}

SEC("lsm/netlink_send")
int BPF_PROG(netlink_send, struct sock *sk, struct sk_buff *skb, int ret)
{
	struct scratch *scratch;
	__u32 agent;

	if (ret)
		return ret;
	agent = subject_current();
	if (!agent)
		return 0;
	if (sk->sk_protocol == NETLINK_ROUTE && netlink_asks(skb))
		return 0;
	scratch = scratch_begin(agent, WRIT_OP_SEND, WRIT_ACCESS_SEND);
	if (!scratch)
		return scratch_refuse(agent) ? -EPERM : 0;
	scratch->decision.family = AF_NETLINK;
	scratch->decision.reason = WRIT_REASON_FAMILY;
	return decision_end(scratch);
}
