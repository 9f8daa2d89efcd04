// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets: which an agent may have, whom it connects to, and what it offers itself as.
 *
 * socket_create	refuses every family and protocol that is not in SOCKET_KINDS.
 * socket_setsockopt	refuses source routes, which lead packets elsewhere than to their address.
 * socket_connect	TCP and UDP by address and port. Unix sockets: unix.bpf.c.
 * socket_bind		TCP and UDP by own address and port; Unix sockets by abstract name. What is
 *			bound to a path is created there: path_mknod judges that.
 * socket_listen	TCP by the address and port that it is bound to, Unix sockets by name.
 *
 * The family is the socket's, not the caller's. Accepting needs no rule: listening did. Sending is
 * in socket_send.bpf.c.
 */
#include "address.bpf.h"
#include "reach.bpf.h"
#include "unix.bpf.h"

/*
 * All that an agent can make. Netlink is what getaddrinfo, getifaddrs and if_nameindex use: routes
 * and addresses alone, and of them only to read (netlink_send). A protocol of 0 is the kernel's
 * default for the type: TCP, UDP.
 */
#define SOCKET_KINDS(X)                         \
	X(AF_INET, SOCK_STREAM, 0)              \
	X(AF_INET, SOCK_STREAM, IPPROTO_TCP)    \
	X(AF_INET, SOCK_STREAM, IPPROTO_MPTCP)  \
	X(AF_INET, SOCK_DGRAM, 0)               \
	X(AF_INET, SOCK_DGRAM, IPPROTO_UDP)     \
	X(AF_INET6, SOCK_STREAM, 0)             \
	X(AF_INET6, SOCK_STREAM, IPPROTO_TCP)   \
	X(AF_INET6, SOCK_STREAM, IPPROTO_MPTCP) \
	X(AF_INET6, SOCK_DGRAM, 0)              \
	X(AF_INET6, SOCK_DGRAM, IPPROTO_UDP)    \
	X(AF_UNIX, SOCK_STREAM, 0)              \
	X(AF_UNIX, SOCK_STREAM, AF_UNIX)        \
	X(AF_UNIX, SOCK_DGRAM, 0)               \
	X(AF_UNIX, SOCK_DGRAM, AF_UNIX)         \
	X(AF_UNIX, SOCK_SEQPACKET, 0)           \
	X(AF_UNIX, SOCK_SEQPACKET, AF_UNIX)     \
	X(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE)  \
	X(AF_NETLINK, SOCK_DGRAM, NETLINK_ROUTE)

static __always_inline int socket_kind_allowed(__u32 family, __u32 type, __u32 protocol)
{
#define X(f, t, p)                                           \
	if (family == (f) && type == (t) && protocol == (p)) \
		return 1;
	SOCKET_KINDS(X)
#undef X
	return 0;
}

/* A deny of a kind of socket. The record has the type in place of a port. */
static __always_inline int socket_refuse(__u32 agent, __u32 family, __u32 type, __u32 protocol,
					 __u32 reason)
{
	struct scratch *scratch = scratch_begin(agent, WRIT_OP_SOCKET, 0);

	if (!scratch)
		return scratch_refuse(agent) ? -EPERM : 0;
	scratch->decision.family = family;
	scratch->decision.port = type;
	scratch->decision.protocol = protocol;
	scratch->decision.reason = reason;
	return decision_end(scratch);
}

/* @kern: a socket of the kernel's own, to which no descriptor leads. */
SEC("lsm/socket_create")
int BPF_PROG(socket_create, int family, int type, int protocol, int kern, int ret)
{
	__u32 agent;

	if (ret)
		return ret;
	if (kern || socket_kind_allowed(family, type, protocol))
		return 0;
	agent = subject_current();
	if (!agent)
		return 0;
	return socket_refuse(agent, family, type, protocol, WRIT_REASON_FAMILY);
}

/*
 * LSRR and SSRR in IP_OPTIONS, and a routing header, take no capability and send each packet to the
 * first hop that they name, not to the address that was judged.
 */
static __always_inline int option_routes(int level, int name)
{
	if (level == IPPROTO_IP)
		return name == IP_OPTIONS;
	return level == IPPROTO_IPV6 &&
	       (name == IPV6_RTHDR || name == IPV6_2292RTHDR || name == IPV6_2292PKTOPTIONS);
}

SEC("lsm/socket_setsockopt")
int BPF_PROG(socket_setsockopt, struct socket *sock, int level, int optname, int ret)
{
	struct sock *sk = sock->sk;
	__u32 agent;

	if (ret)
		return ret;
	if (!option_routes(level, optname) || !sk || !is_internet(socket_family(sock)))
		return 0;
	agent = subject_current();
	if (!agent)
		return 0;
	return socket_refuse(agent, sk->__sk_common.skc_family, sk->sk_type, sk->sk_protocol,
			     WRIT_REASON_GUARDRAIL);
}

/* connect(AF_UNSPEC) on an IP socket takes the peer away and reaches nobody. */
static __always_inline int connect_dissolves(const void *address, int len)
{
	__u16 family = AF_INET;

	return len >= 2 && !bpf_probe_read_kernel(&family, sizeof(family), address) &&
	       family == AF_UNSPEC;
}

static __always_inline void connect_object(struct scratch *scratch, struct sock *sk,
					   const void *address, int len)
{
	struct decision *d = &scratch->decision;

	if (!sk || !is_internet(d->family)) {
		d->reason = WRIT_REASON_FAMILY;
		return;
	}
	socket_protocol(d, sk->sk_type, sk->sk_protocol);
	if (!d->reason)
		address_set_peer(d, address, len, false);
}

SEC("lsm/socket_connect")
int BPF_PROG(socket_connect, struct socket *sock, struct sockaddr *address, int addrlen, int ret)
{
	__u32 agent, family = socket_family(sock);
	struct scratch *scratch;

	if (ret)
		return ret;
	if (family == AF_UNIX)
		return 0; /* the name leads to a socket first: unix_stream_connect, unix_may_send */
	agent = subject_current();
	if (!agent)
		return 0;
	if (is_internet(family) && connect_dissolves(address, addrlen))
		return 0;
	scratch = scratch_begin(agent, WRIT_OP_CONNECT, WRIT_ACCESS_CONNECT);
	if (!scratch)
		return scratch_refuse(agent) ? -EPERM : 0;
	scratch->decision.family = family;
	connect_object(scratch, sock->sk, address, addrlen);
	return reach_end_sock(scratch, sock->sk);
}

/* What a socket offers itself as: the object of bind and listen. */
struct own {
	__u32 operation;
	__u32 access;
	__u32 reason;
	struct sockaddr_head head; /* all of ADDRESS_IPV6_SIZE counts */
};

static __always_inline int own_decide(__u32 agent, struct sock *sk, const struct own *own)
{
	struct scratch *scratch = scratch_begin(agent, own->operation, own->access);
	struct decision *d;

	if (!scratch)
		return scratch_refuse(agent) ? -EPERM : 0;
	d = &scratch->decision;
	d->family = sk->__sk_common.skc_family;
	d->reason = own->reason;
	if (!d->reason)
		socket_protocol(d, sk->sk_type, sk->sk_protocol);
	if (!d->reason)
		address_set(d, &own->head, ADDRESS_IPV6_SIZE, true);
	return reach_end_sock(scratch, sk);
}

/*
 * :: on an IPv6 socket is 0.0.0.0 too, unless the socket is IPV6_V6ONLY, which can still change
 * while a bind is judged: both are needed, one decision for each.
 */
static __always_inline int own_judge(__u32 agent, struct sock *sk, struct own *own)
{
	int err = own_decide(agent, sk, own);

	if (err || own->reason || own->head.family != AF_INET6 || own->head.ipv6[0] ||
	    own->head.ipv6[1] || own->head.ipv6[2] || own->head.ipv6[3])
		return err;
	own->head.ipv6[2] = ADDRESS_MAPPED;
	return own_decide(agent, sk, own);
}

/*
 * A path is created, and judged, as a file. No name at all: the kernel gives a random abstract one,
 * for which a rule must speak of every name ("@" followed by anything, also nothing).
 */
static __always_inline int bind_unix(__u32 agent, const void *address, int len)
{
	struct scratch *scratch;
	char first = 0;

	if (len > UNIX_NAME_AT)
		(void)bpf_probe_read_kernel(&first, 1, address + UNIX_NAME_AT);
	if (first)
		return 0;
	scratch = scratch_begin(agent, WRIT_OP_BIND, WRIT_ACCESS_BIND);
	if (!scratch)
		return scratch_refuse(agent) ? -EPERM : 0;
	scratch->decision.family = AF_UNIX;
	if (len < UNIX_NAME_AT)
		scratch->decision.reason = WRIT_REASON_ADDRESS_ERROR;
	else
		unix_abstract(scratch, address + UNIX_NAME_AT + 1,
			      len > UNIX_NAME_AT ? (__u32)len - UNIX_NAME_AT - 1u : 0);
	return decision_end(scratch);
}

/* A netlink socket of SOCKET_KINDS: its name is the kernel's way to answer, groups are read. */
static __always_inline int bind_is_free(const struct sock *sk, __u32 family)
{
	return family == AF_NETLINK && sk->sk_protocol == NETLINK_ROUTE;
}

SEC("lsm/socket_bind")
int BPF_PROG(socket_bind, struct socket *sock, struct sockaddr *address, int addrlen, int ret)
{
	struct own own = {.operation = WRIT_OP_BIND, .access = WRIT_ACCESS_BIND};
	__u32 agent, family = socket_family(sock);
	struct sock *sk = sock->sk;

	if (ret)
		return ret;
	agent = subject_current();
	if (!agent)
		return 0;
	if (!sk)
		return -EPERM; /* its socket is gone: there is nothing to bind */
	if (bind_is_free(sk, family))
		return 0;
	if (family == AF_UNIX)
		return bind_unix(agent, address, addrlen);
	if (!is_internet(family))
		own.reason = WRIT_REASON_FAMILY;
	else if (address_read(&own.head, address, addrlen) ||
		 addrlen < (family == AF_INET ? ADDRESS_IPV4_SIZE : ADDRESS_IPV6_SIZE))
		own.reason = WRIT_REASON_ADDRESS_ERROR;
	return own_judge(agent, sk, &own);
}

static __always_inline int listen_unix(__u32 agent, struct sock *sk)
{
	struct scratch *scratch = scratch_begin(agent, WRIT_OP_LISTEN, WRIT_ACCESS_LISTEN);

	if (!scratch)
		return scratch_refuse(agent) ? -EPERM : 0;
	scratch->decision.family = AF_UNIX;
	unix_object(scratch, sk);
	return decision_end(scratch);
}

/* A socket that is not bound is bound by listening: to every address, at a port of its own. */
SEC("lsm/socket_listen")
int BPF_PROG(socket_listen, struct socket *sock, int backlog, int ret)
{
	struct own own = {.operation = WRIT_OP_LISTEN, .access = WRIT_ACCESS_LISTEN};
	__u32 agent, family = socket_family(sock);
	struct sock *sk = sock->sk;

	if (ret)
		return ret;
	agent = subject_current();
	if (!agent)
		return 0;
	if (!sk)
		return -EPERM;
	if (family == AF_UNIX)
		return listen_unix(agent, sk);
	own.head.family = family;
	own.head.port = __builtin_bswap16(sk->__sk_common.skc_num);
	if (family == AF_INET)
		own.head.ipv4 = sk->__sk_common.skc_rcv_saddr;
	else if (family == AF_INET6)
		BPF_CORE_READ_INTO(&own.head.ipv6, sk, __sk_common.skc_v6_rcv_saddr);
	else
		own.reason = WRIT_REASON_FAMILY;
	return own_judge(agent, sk, &own);
}
