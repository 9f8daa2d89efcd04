// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets: whom an agent connects to.
 *
 * socket_connect	TCP and UDP by address and port; every other family is refused, Unix
 *			sockets among them (they are the easiest way to have somebody else act).
 *
 * The family is the socket's, not the caller's. The address is kernel memory here
 * (move_addr_to_kernel, net/socket.c); one that can't be read is refused. IPv4 is judged as the
 * IPv4-mapped IPv6 address.
 */
#include "object.bpf.h"

#define UNIX_PATH_MAX 108u

struct sockaddr_head {
	__u16 family;
	__u16 port; /* network order, of AF_INET and AF_INET6 */
	__u32 ipv4; /* of AF_INET; flow information of AF_INET6 */
	__u32 ipv6[4];
};

static __always_inline void connect_protocol(struct decision *d, __u32 type, __u32 protocol)
{
	d->protocol = WRIT_PROTOCOL_OTHER;
	if (type == SOCK_STREAM && (protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP))
		d->protocol = WRIT_PROTOCOL_TCP;
	else if (type == SOCK_DGRAM && protocol == IPPROTO_UDP)
		d->protocol = WRIT_PROTOCOL_UDP;
	else
		d->reason = WRIT_REASON_FAMILY;
}

/* Address and port of @head, as the socket's family understands them. */
static __always_inline void connect_address(struct decision *d, const struct sockaddr_head *head,
					    int len)
{
	d->port = __builtin_bswap16(head->port);
	if (head->family == AF_INET && len >= 8) {
		d->address.words[2] = __builtin_bswap32(0xffff);
		d->address.words[3] = head->ipv4;
	} else if (head->family == AF_INET6 && d->family == AF_INET6 && len >= 24) {
		__builtin_memcpy(&d->address, head->ipv6, sizeof(d->address));
	} else {
		d->reason = WRIT_REASON_ADDRESS_ERROR;
	}
}

/*
 * The name in a Unix address, for the record: no rule can allow one yet. A path ends at its first
 * NUL (unix_mkname_bsd, net/unix/af_unix.c): behind it lies whatever was in the caller's memory. An
 * abstract name begins with NUL and is as long as the address says.
 */
static __always_inline void connect_unix(struct scratch *scratch, const void *address, int len)
{
	struct decision *d = &scratch->decision;
	__u32 size = (__u32)len - 2u, at;
	long end;

	d->reason = WRIT_REASON_NO_RULE;
	barrier_var(size); /* or its bounds are checked on another register than the one used */
	if (!size || size > UNIX_PATH_MAX)
		return;
	barrier_var(size);
	end = bpf_probe_read_kernel_str(&scratch->text.bytes[WRIT_TEXT_HEAD], size + 1u,
					address + 2);
	if (end > 1)
		size = (__u32)end - 1u;
	barrier_var(size);
	if (size > UNIX_PATH_MAX)
		return;
	barrier_var(size);
	at = WRIT_TEXT_PATH_END - size;
	if (!bpf_probe_read_kernel(&scratch->text.bytes[at], size, address + 2))
		d->at = at;
}

static __always_inline void connect_object(struct scratch *scratch, struct sock *sk,
					   const void *address, int len)
{
	struct decision *d = &scratch->decision;
	struct sockaddr_head head = {};
	__u32 size = len < (int)sizeof(head) ? (__u32)len : (__u32)sizeof(head);

	if (len < 2 || size > sizeof(head) || bpf_probe_read_kernel(&head, size, address)) {
		d->reason = WRIT_REASON_ADDRESS_ERROR;
		return;
	}
	if (d->family == AF_UNIX) {
		connect_unix(scratch, address, len);
		return;
	}
	if (d->family != AF_INET && d->family != AF_INET6) {
		d->reason = WRIT_REASON_FAMILY;
		return;
	}
	connect_protocol(d, sk->sk_type, sk->sk_protocol);
	connect_address(d, &head, len);
}

/* connect(AF_UNSPEC) on an IP socket takes the peer away and reaches nobody. */
static __always_inline int connect_dissolves(__u32 own, const void *address, int len)
{
	__u16 family = AF_INET;

	if (own != AF_INET && own != AF_INET6)
		return 0;
	return len >= 2 && !bpf_probe_read_kernel(&family, sizeof(family), address) &&
	       family == AF_UNSPEC;
}

SEC("lsm/socket_connect")
int BPF_PROG(socket_connect, struct socket *sock, struct sockaddr *address, int addrlen, int ret)
{
	struct sock *sk = sock->sk;
	struct scratch *scratch;
	__u32 agent, family = AF_UNSPEC;

	if (ret)
		return ret;
	agent = subject_current();
	if (!agent)
		return 0;
	if (sk)
		family = sk->__sk_common.skc_family;
	if (connect_dissolves(family, address, addrlen))
		return 0;
	scratch = scratch_begin(agent, WRIT_OP_CONNECT, WRIT_ACCESS_CONNECT);
	if (!scratch)
		return scratch_refuse(agent) ? -EPERM : 0;
	scratch->decision.family = family;
	if (sk)
		connect_object(scratch, sk, address, addrlen);
	else
		scratch->decision.reason = WRIT_REASON_ADDRESS_ERROR;
	return decision_end(scratch);
}
