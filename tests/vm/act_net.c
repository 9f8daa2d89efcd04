// SPDX-License-Identifier: Apache-2.0
/*
 * act: what IPv4 and IPv6 sockets do beside connecting. In: protocol, address and port as words;
 * the socket's family is the address's, but for operations that end in 6, whose socket is always of
 * IPv6. Out: 0, a count, or -errno of the step that failed.
 */
#include "act.h"
#include "act_peer.h"

#include <netinet/ip.h>
#include <stdio.h>

static int do_socket(struct act *act)
{
	int fd = socket(atoi(act->next[1]), atoi(act->next[2]) | SOCK_CLOEXEC, atoi(act->next[3]));

	return fd < 0 ? -errno : peer_ended(fd, 0);
}

static int do_bind(struct act *act)
{
	struct peer peer = peer_ip(act->next[2], act->next[3]);

	return peer_offer(peer.any.sa_family, peer_type(act->next[1]), &peer, false);
}

static int bind6(struct act *act)
{
	struct peer peer = peer_ip(act->next[2], act->next[3]);

	return peer_offer(AF_INET6, peer_type(act->next[1]), &peer, false);
}

/* An IPv4 socket takes this for AF_INET when the address is 0.0.0.0. */
static int bind_unspec(struct act *act)
{
	struct peer peer = peer_ip("0.0.0.0", act->next[1]);

	peer.v4.sin_family = AF_UNSPEC;
	return peer_offer(AF_INET, SOCK_STREAM, &peer, false);
}

static int bind_short(struct act *act)
{
	struct peer peer = peer_ip(act->next[2], act->next[3]);

	peer.len = (socklen_t)atoi(act->next[1]);
	return peer_offer(peer.v4.sin_family, SOCK_STREAM, &peer, false);
}

static int bind_listen(struct act *act)
{
	struct peer peer = peer_ip(act->next[1], act->next[2]);

	return peer_offer(peer.any.sa_family, SOCK_STREAM, &peer, true);
}

/* Listening without having bound; 4 or 6. */
static int bare_listen(struct act *act)
{
	return peer_offer(act->next[1][0] == '6' ? AF_INET6 : AF_INET, SOCK_STREAM, NULL, true);
}

/* A UDP socket of both families that stays for the rest of the process. */
static int udp_serve(struct act *act)
{
	struct peer peer = peer_ip("::", act->next[1]);
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd < 0 || bind(fd, &peer.any, peer.len) ? -errno : 0;
}

static int do_send(struct act *act)
{
	struct peer peer = peer_ip(act->next[1], act->next[2]);

	return peer_send(peer.any.sa_family, SOCK_DGRAM, 0, &peer);
}

static int send6(struct act *act)
{
	struct peer peer = peer_ip(act->next[1], act->next[2]);

	return peer_send(AF_INET6, SOCK_DGRAM, 0, &peer);
}

/* An IPv4 socket takes it for AF_INET, an IPv6 one for no address at all. */
static int send_unspec(struct act *act)
{
	struct peer peer = peer_ip(act->next[2], act->next[3]);

	peer.v4.sin_family = AF_UNSPEC;
	return peer_send(act->next[1][0] == '6' ? AF_INET6 : AF_INET, SOCK_DGRAM, 0, &peer);
}

static int send_short(struct act *act)
{
	struct peer peer = peer_ip(act->next[2], act->next[3]);

	peer.len = (socklen_t)atoi(act->next[1]);
	return peer_send(peer.any.sa_family, SOCK_DGRAM, 0, &peer);
}

static int fastopen(struct act *act)
{
	struct peer peer = peer_ip(act->next[1], act->next[2]);

	return peer_send(peer.any.sa_family, SOCK_STREAM, MSG_FASTOPEN, &peer);
}

/* sendmmsg(2) to two peers, twice to each. Returns how many went out. */
static int send_many(struct act *act)
{
	struct peer peers[2] = {peer_ip(act->next[1], act->next[2]),
				peer_ip(act->next[3], act->next[4])};
	struct iovec iov = {.iov_base = (void *)"x", .iov_len = 1};
	struct mmsghdr messages[4] = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), n;

	for (size_t i = 0; i < 4; i++) {
		messages[i].msg_hdr.msg_name = &peers[i / 2].any;
		messages[i].msg_hdr.msg_namelen = peers[i / 2].len;
		messages[i].msg_hdr.msg_iov = &iov;
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	n = fd < 0 ? -1 : sendmmsg(fd, messages, 4, 0);
	return peer_ended(fd, n < 0 ? -errno : n);
}

/* Connects to one peer, then sends to another from the same socket. */
static int resend(struct act *act)
{
	struct peer first = peer_ip(act->next[1], act->next[2]),
		    next = peer_ip(act->next[3], act->next[4]);
	int fd = socket(first.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, &first.any, first.len) || send(fd, "x", 1, 0) < 0)
		return peer_ended(fd, -errno);
	return peer_ended(fd, sendto(fd, "x", 1, 0, &next.any, next.len) < 0 ? -errno : 0);
}

/* Connects, lets go of the peer, and connects to another one. */
static int reconnect(struct act *act)
{
	struct peer first = peer_ip(act->next[1], act->next[2]),
		    next = peer_ip(act->next[3], act->next[4]);
	struct sockaddr nobody = {.sa_family = AF_UNSPEC};
	int fd = socket(first.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, &first.any, first.len) || connect(fd, &nobody, sizeof(nobody)))
		return peer_ended(fd, -errno);
	return peer_ended(fd, connect(fd, &next.any, next.len) ? -errno : 0);
}

/* A loose source route through an address: an IPv4 option. */
static struct peer source_route(const char *hop, unsigned char options[8])
{
	struct peer peer = peer_ip(hop, "0");

	memcpy(options, (unsigned char[8]){IPOPT_NOP, IPOPT_LSRR, 7, 4}, 4);
	memcpy(options + 4, &peer.v4.sin_addr, 4);
	return peer;
}

static int route4(struct act *act)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	unsigned char options[8];

	(void)source_route(act->next[1], options);
	if (fd < 0)
		return -errno;
	return peer_ended(fd, setsockopt(fd, IPPROTO_IP, IP_OPTIONS, options, 8) ? -errno : 0);
}

/* A segment routing header with one hop. */
static int route6(struct act *act)
{
	unsigned char header[24] = {0, 2, 4, 0, 0};
	struct peer hop = peer_ip(act->next[1], "0");
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(header + 8, &hop.v6.sin6_addr, 16);
	if (fd < 0)
		return -errno;
	return peer_ended(fd,
			  setsockopt(fd, IPPROTO_IPV6, 57, header, sizeof(header)) ? -errno : 0);
}

/* Sends to a peer with a control message: IP_TTL, or a route through HOP. */
static int control(struct act *act)
{
	struct peer peer = peer_ip(act->next[2], act->next[3]);
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(8)];
	} control = {.header = {.cmsg_level = IPPROTO_IP}};
	struct iovec iov = {.iov_base = (void *)"x", .iov_len = 1};
	struct msghdr message = {.msg_name = &peer.any,
				 .msg_namelen = peer.len,
				 .msg_iov = &iov,
				 .msg_iovlen = 1,
				 .msg_control = &control};
	bool plain = !strcmp(act->next[1], "ttl");
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	control.header.cmsg_type = plain ? IP_TTL : IP_RETOPTS;
	control.header.cmsg_len = CMSG_LEN(plain ? 4 : 8);
	message.msg_controllen = CMSG_SPACE(plain ? 4 : 8);
	if (plain)
		memcpy(CMSG_DATA(&control.header), &(int){9}, 4);
	else
		(void)source_route(act->next[1], CMSG_DATA(&control.header));
	if (fd < 0)
		return -errno;
	if (!strcmp(act->next[4], "connected")) {
		if (connect(fd, &peer.any, peer.len))
			return peer_ended(fd, -errno);
		message.msg_name = NULL;
		message.msg_namelen = 0;
	}
	return peer_ended(fd, sendmsg(fd, &message, 0) < 0 ? -errno : 0);
}

const struct act_operation act_net_operations[] = {
	{"socket", 3, do_socket},
	{"bind", 3, do_bind},
	{"bind6", 3, bind6},
	{"bindunspec", 1, bind_unspec},
	{"bindshort", 3, bind_short},
	{"bindlisten", 2, bind_listen},
	{"barelisten", 1, bare_listen},
	{"udpserve", 1, udp_serve},
	{"send", 2, do_send},
	{"send6", 2, send6},
	{"sendunspec", 3, send_unspec},
	{"sendshort", 3, send_short},
	{"fastopen", 2, fastopen},
	{"sendmany", 4, send_many},
	{"resend", 4, resend},
	{"reconnect", 4, reconnect},
	{"route4", 1, route4},
	{"route6", 1, route6},
	{"control", 4, control},
	{NULL, 0, NULL},
};
