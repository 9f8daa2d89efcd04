/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a socket and a socket address to a decision's object. The socket says which protocol it is
 * and how the kernel will read the address; IPv4 becomes the IPv4-mapped IPv6 address. Addresses
 * are kernel memory in every hook (move_addr_to_kernel, net/socket.c). Whatever can't be read, or
 * would mean another thing than it says, gets a reason, and each reason is a deny.
 */
#ifndef WRIT_ADDRESS_BPF_H
#define WRIT_ADDRESS_BPF_H

#include "object.bpf.h"

struct sockaddr_head {
	__u16 family;
	__u16 port; /* network order, of AF_INET and AF_INET6 */
	__u32 ipv4; /* of AF_INET; flow information of AF_INET6 */
	__u32 ipv6[4];
};

#define ADDRESS_IPV4_SIZE 8  /* bytes that say something */
#define ADDRESS_IPV6_SIZE 24 /* SIN6_LEN_RFC2133, include/net/ipv6.h: without scope */
#define ADDRESS_MAPPED __builtin_bswap32(0xffff)

static __always_inline __u32 socket_family(const struct socket *sock)
{
	const struct sock *sk = sock->sk;

	return sk ? sk->__sk_common.skc_family : AF_UNSPEC;
}

static __always_inline int is_internet(__u32 family)
{
	return family == AF_INET || family == AF_INET6;
}

/* Of an IPv4 or IPv6 socket; a protocol without rules is a deny. */
static __always_inline void socket_protocol(struct decision *d, __u32 type, __u32 protocol)
{
	d->protocol = WRIT_PROTOCOL_OTHER;
	if (type == SOCK_STREAM && (protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP))
		d->protocol = WRIT_PROTOCOL_TCP;
	else if (type == SOCK_DGRAM && protocol == IPPROTO_UDP)
		d->protocol = WRIT_PROTOCOL_UDP;
	else
		d->reason = WRIT_REASON_FAMILY;
}

/* What fits of the address, zeros behind it. 0, or -EINVAL: not even its family is there. */
static __always_inline int address_read(struct sockaddr_head *ret, const void *address, int len)
{
	__u32 size = len < (int)sizeof(*ret) ? (__u32)len : (__u32)sizeof(*ret);

	__builtin_memset(ret, 0, sizeof(*ret));
	if (len < 2 || size > sizeof(*ret) || bpf_probe_read_kernel(ret, size, address))
		return -EINVAL;
	return 0;
}

static __always_inline void address_set_ipv4(struct decision *d, __u32 ipv4)
{
	d->address.words[0] = 0;
	d->address.words[1] = 0;
	d->address.words[2] = ADDRESS_MAPPED;
	d->address.words[3] = ipv4;
}

/*
 * Address and port of @head, as a socket of family d->family understands them. @unspec: an IPv4
 * socket takes AF_UNSPEC for AF_INET here, as bind and send do (inet_bind, udp_sendmsg).
 */
static __always_inline void address_set(struct decision *d, const struct sockaddr_head *head,
					int len, bool unspec)
{
	d->port = __builtin_bswap16(head->port);
	if (len >= ADDRESS_IPV4_SIZE &&
	    (head->family == AF_INET ||
	     (unspec && head->family == AF_UNSPEC && d->family == AF_INET)))
		address_set_ipv4(d, head->ipv4);
	else if (head->family == AF_INET6 && d->family == AF_INET6 && len >= ADDRESS_IPV6_SIZE)
		__builtin_memcpy(&d->address, head->ipv6, sizeof(d->address));
	else
		d->reason = WRIT_REASON_ADDRESS_ERROR;
}

static __always_inline int address_is_any(const struct address *address)
{
	return !address->words[0] && !address->words[1] && !address->words[3] &&
	       (!address->words[2] || address->words[2] == ADDRESS_MAPPED);
}

/*
 * A peer. 0.0.0.0 and :: are none: the kernel would put an address of its own choice there
 * (loopback, the socket's own, or the one in a control message), and a race could change which.
 */
static __always_inline void address_set_peer(struct decision *d, const void *address, int len,
					     bool unspec)
{
	struct sockaddr_head head;

	if (address_read(&head, address, len)) {
		d->reason = WRIT_REASON_ADDRESS_ERROR;
		return;
	}
	address_set(d, &head, len, unspec);
	if (!d->reason && address_is_any(&d->address))
		d->reason = WRIT_REASON_ADDRESS_ERROR;
}

#endif
