// SPDX-License-Identifier: Apache-2.0
/*
 * act: what sockets do beside connecting. In: protocol, address and port as words; the socket's
 * family is the address's, but for operations that end in 6, whose socket is always of IPv6. A name
 * of a Unix socket that begins with @ is abstract. Out: 0, a count, or -errno of the step that
 * failed.
 */
#include "act.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct peer {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
		struct sockaddr_un local;
		struct sockaddr_nl netlink;
	};
	socklen_t len;
};

static struct peer ip(const char *text, const char *port)
{
	struct peer peer = {0};

	if (inet_pton(AF_INET, text, &peer.v4.sin_addr) == 1) {
		peer.v4.sin_family = AF_INET;
		peer.v4.sin_port = htons((uint16_t)atoi(port));
		peer.len = sizeof(peer.v4);
	} else if (inet_pton(AF_INET6, text, &peer.v6.sin6_addr) == 1) {
		peer.v6.sin6_family = AF_INET6;
		peer.v6.sin6_port = htons((uint16_t)atoi(port));
		peer.len = sizeof(peer.v6);
	}
	return peer;
}

static struct peer local(const char *name)
{
	struct peer peer = {.local = {.sun_family = AF_UNIX}};
	size_t size = strlen(name);

	if (size > sizeof(peer.local.sun_path))
		size = sizeof(peer.local.sun_path);
	memcpy(peer.local.sun_path, name, size);
	if (name[0] == '@')
		peer.local.sun_path[0] = '\0';
	peer.len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
	return peer;
}

static int type_of(const char *protocol)
{
	return (strcmp(protocol, "udp") ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC;
}

static int ended(int fd, int err)
{
	if (fd >= 0)
		(void)close(fd);
	return err;
}

static int do_socket(struct act *act)
{
	int fd = socket(atoi(act->next[1]), atoi(act->next[2]) | SOCK_CLOEXEC, atoi(act->next[3]));

	return fd < 0 ? -errno : ended(fd, 0);
}

/* bind(2), then listen(2) if @listens. */
static int offer(int family, int type, const struct peer *peer, bool listens)
{
	int fd = socket(family, type | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (peer && bind(fd, &peer->any, peer->len))
		return ended(fd, -errno);
	return ended(fd, listens && listen(fd, 8) ? -errno : 0);
}

static int do_bind(struct act *act)
{
	struct peer peer = ip(act->next[2], act->next[3]);

	return offer(peer.any.sa_family, type_of(act->next[1]), &peer, false);
}

static int bind6(struct act *act)
{
	struct peer peer = ip(act->next[2], act->next[3]);

	return offer(AF_INET6, type_of(act->next[1]), &peer, false);
}

/* An IPv4 socket takes this for AF_INET when the address is 0.0.0.0. */
static int bind_unspec(struct act *act)
{
	struct peer peer = ip("0.0.0.0", act->next[1]);

	peer.v4.sin_family = AF_UNSPEC;
	return offer(AF_INET, SOCK_STREAM, &peer, false);
}

static int bind_short(struct act *act)
{
	struct peer peer = ip(act->next[2], act->next[3]);

	peer.len = (socklen_t)atoi(act->next[1]);
	return offer(peer.v4.sin_family, SOCK_STREAM, &peer, false);
}

static int bind_listen(struct act *act)
{
	struct peer peer = ip(act->next[1], act->next[2]);

	return offer(peer.any.sa_family, SOCK_STREAM, &peer, true);
}

/* Listening without having bound; 4 or 6. */
static int bare_listen(struct act *act)
{
	return offer(act->next[1][0] == '6' ? AF_INET6 : AF_INET, SOCK_STREAM, NULL, true);
}

static int reach(int family, int type, int flags, const struct peer *peer)
{
	int fd = socket(family, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	return ended(fd, sendto(fd, "x", 1, flags, &peer->any, peer->len) < 0 ? -errno : 0);
}

/* A UDP socket of both families that stays for the rest of the process. */
static int udp_serve(struct act *act)
{
	struct peer peer = ip("::", act->next[1]);
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd < 0 || bind(fd, &peer.any, peer.len) ? -errno : 0;
}

static int do_send(struct act *act)
{
	struct peer peer = ip(act->next[1], act->next[2]);

	return reach(peer.any.sa_family, SOCK_DGRAM, 0, &peer);
}

static int send6(struct act *act)
{
	struct peer peer = ip(act->next[1], act->next[2]);

	return reach(AF_INET6, SOCK_DGRAM, 0, &peer);
}

/* An IPv4 socket takes it for AF_INET, an IPv6 one for no address at all. */
static int send_unspec(struct act *act)
{
	struct peer peer = ip(act->next[2], act->next[3]);

	peer.v4.sin_family = AF_UNSPEC;
	return reach(act->next[1][0] == '6' ? AF_INET6 : AF_INET, SOCK_DGRAM, 0, &peer);
}

static int send_short(struct act *act)
{
	struct peer peer = ip(act->next[2], act->next[3]);

	peer.len = (socklen_t)atoi(act->next[1]);
	return reach(peer.any.sa_family, SOCK_DGRAM, 0, &peer);
}

static int fastopen(struct act *act)
{
	struct peer peer = ip(act->next[1], act->next[2]);

	return reach(peer.any.sa_family, SOCK_STREAM, MSG_FASTOPEN, &peer);
}

/* sendmmsg(2) to two peers, twice to each. Returns how many went out. */
static int send_many(struct act *act)
{
	struct peer peers[2] = {ip(act->next[1], act->next[2]), ip(act->next[3], act->next[4])};
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
	return ended(fd, n < 0 ? -errno : n);
}

/* Connects to one peer, then sends to another from the same socket. */
static int resend(struct act *act)
{
	struct peer first = ip(act->next[1], act->next[2]), next = ip(act->next[3], act->next[4]);
	int fd = socket(first.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, &first.any, first.len) || send(fd, "x", 1, 0) < 0)
		return ended(fd, -errno);
	return ended(fd, sendto(fd, "x", 1, 0, &next.any, next.len) < 0 ? -errno : 0);
}

/* Connects, lets go of the peer, and connects to another one. */
static int reconnect(struct act *act)
{
	struct peer first = ip(act->next[1], act->next[2]), next = ip(act->next[3], act->next[4]);
	struct sockaddr nobody = {.sa_family = AF_UNSPEC};
	int fd = socket(first.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, &first.any, first.len) || connect(fd, &nobody, sizeof(nobody)))
		return ended(fd, -errno);
	return ended(fd, connect(fd, &next.any, next.len) ? -errno : 0);
}

/* A loose source route through an address: an IPv4 option. */
static struct peer source_route(const char *hop, unsigned char options[8])
{
	struct peer peer = ip(hop, "0");

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
	return ended(fd, setsockopt(fd, IPPROTO_IP, IP_OPTIONS, options, 8) ? -errno : 0);
}

/* A segment routing header with one hop. */
static int route6(struct act *act)
{
	unsigned char header[24] = {0, 2, 4, 0, 0};
	struct peer hop = ip(act->next[1], "0");
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(header + 8, &hop.v6.sin6_addr, 16);
	if (fd < 0)
		return -errno;
	return ended(fd, setsockopt(fd, IPPROTO_IPV6, 57, header, sizeof(header)) ? -errno : 0);
}

/* Sends to a peer with a control message: IP_TTL, or a route through HOP. */
static int control(struct act *act)
{
	struct peer peer = ip(act->next[2], act->next[3]);
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
			return ended(fd, -errno);
		message.msg_name = NULL;
		message.msg_namelen = 0;
	}
	return ended(fd, sendmsg(fd, &message, 0) < 0 ? -errno : 0);
}

/* --- netlink ---------------------------------------------------------------------------------- */

struct request {
	struct nlmsghdr header;
	struct ifinfomsg body;
};

static struct request request(uint16_t type, uint16_t flags)
{
	return (struct request){
		.header = {.nlmsg_len = sizeof(struct request),
			   .nlmsg_type = type,
			   .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags)},
		.body = {.ifi_family = AF_UNSPEC, .ifi_index = 1},
	};
}

static int ask(const struct request *requests, size_t n, uint32_t to)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct peer peer = {.netlink = {.nl_family = AF_NETLINK, .nl_pid = to},
			    .len = sizeof(peer.netlink)};

	if (fd < 0)
		return -errno;
	return ended(fd, sendto(fd, requests, n * sizeof(*requests), 0, &peer.any, peer.len) < 0
				 ? -errno
				 : 0);
}

/* What libc asks: which interfaces and addresses there are. Returns their number. */
static int interfaces(struct act *act)
{
	struct ifaddrs *list;
	int n = 0;

	(void)act;
	if (getifaddrs(&list))
		return -errno;
	for (const struct ifaddrs *at = list; at; at = at->ifa_next)
		n++;
	freeifaddrs(list);
	return n ? 0 : -ENODATA;
}

static int link_get(struct act *act)
{
	struct request get = request(RTM_GETLINK, 0);

	(void)act;
	return ask(&get, 1, 0);
}

static int link_set(struct act *act)
{
	struct request set = request(RTM_NEWLINK, 0);

	(void)act;
	return ask(&set, 1, 0);
}

/* The change stands behind a question. */
static int link_both(struct act *act)
{
	struct request both[2] = {request(RTM_GETLINK, 0), request(RTM_NEWLINK, 0)};

	(void)act;
	return ask(both, 2, 0);
}

/* To a netlink socket of process PID, whoever has it. */
static int link_to(struct act *act)
{
	struct request get = request(RTM_GETLINK, 0);

	return ask(&get, 1, (uint32_t)atoi(act->next[1]));
}

/* --- Unix ------------------------------------------------------------------------------------- */

static int unix_bind(struct act *act)
{
	struct peer peer = local(act->next[2]);

	return offer(AF_UNIX, act->next[1][0] == 'd' ? SOCK_DGRAM : SOCK_STREAM, &peer, false);
}

/* An abstract name with a NUL and more behind it. */
static int unix_bind_nul(struct act *act)
{
	struct peer peer = local(act->next[1]);

	memcpy(peer.local.sun_path + peer.len - 2, "\0tail", 5);
	peer.len += 5;
	return offer(AF_UNIX, SOCK_STREAM, &peer, false);
}

static int unix_auto(struct act *act)
{
	struct peer peer = {.local = {.sun_family = AF_UNIX}, .len = sizeof(sa_family_t)};

	(void)act;
	return offer(AF_UNIX, SOCK_STREAM, &peer, false);
}

static int unix_listen(struct act *act)
{
	struct peer peer = local(act->next[1]);

	return offer(AF_UNIX, SOCK_STREAM, &peer, true);
}

static int unix_bare_listen(struct act *act)
{
	(void)act;
	return offer(AF_UNIX, SOCK_STREAM, NULL, true);
}

/* A datagram socket that stays for the rest of the process. */
static int unix_serve(struct act *act)
{
	struct peer peer = local(act->next[1]);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd < 0 || bind(fd, &peer.any, peer.len) ? -errno : 0;
}

static int unix_send(struct act *act)
{
	struct peer peer = local(act->next[1]);

	return reach(AF_UNIX, SOCK_DGRAM, 0, &peer);
}

/* Connects a datagram socket and sends COUNT times. */
static int unix_log(struct act *act)
{
	struct peer peer = local(act->next[2]);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, &peer.any, peer.len))
		return ended(fd, -errno);
	for (int i = atoi(act->next[1]); i > 0; i--)
		if (send(fd, "x", 1, MSG_DONTWAIT) < 0)
			return ended(fd, -errno);
	return ended(fd, 0);
}

/* Connects a datagram socket to one name, then sends to another. */
static int unix_resend(struct act *act)
{
	struct peer first = local(act->next[1]), next = local(act->next[2]);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, &first.any, first.len))
		return ended(fd, -errno);
	return ended(fd, sendto(fd, "x", 1, 0, &next.any, next.len) < 0 ? -errno : 0);
}

/* A pair has no name. Returns 0 when what goes in on one side comes out on the other. */
static int pair(struct act *act)
{
	int type = act->next[1][0] == 'd' ? SOCK_DGRAM : SOCK_STREAM, fds[2];
	char byte = 0;

	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds))
		return -errno;
	if (write(fds[0], "x", 1) != 1 || read(fds[1], &byte, 1) != 1)
		return -errno;
	(void)close(fds[1]);
	return ended(fds[0], byte == 'x' ? 0 : -EIO);
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
	{"interfaces", 0, interfaces},
	{"linkget", 0, link_get},
	{"linkset", 0, link_set},
	{"linkboth", 0, link_both},
	{"linkto", 1, link_to},
	{"unixbind", 2, unix_bind},
	{"unixbindnul", 1, unix_bind_nul},
	{"unixauto", 0, unix_auto},
	{"unixlisten", 1, unix_listen},
	{"unixbarelisten", 0, unix_bare_listen},
	{"unixserve", 1, unix_serve},
	{"unixsend", 1, unix_send},
	{"unixlog", 2, unix_log},
	{"unixresend", 2, unix_resend},
	{"pair", 1, pair},
	{NULL, 0, NULL},
};
