// SPDX-License-Identifier: Apache-2.0
/*
 * act: operations on sockets. `connect` takes protocol, address and port; the socket's family is
 * the address's, but for `connect6`, whose socket is always of IPv6.
 */
#include "act.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un local;
	struct sockaddr_nl netlink;
};

static int socket_type(const char *protocol)
{
	return (strcmp(protocol, "udp") ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC;
}

static socklen_t parse(const char *text, const char *port, union address *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (inet_pton(AF_INET, text, &ret->v4.sin_addr) == 1) {
		ret->v4.sin_family = AF_INET;
		ret->v4.sin_port = htons((uint16_t)atoi(port));
		return sizeof(ret->v4);
	}
	ret->v6.sin6_family = AF_INET6;
	ret->v6.sin6_port = htons((uint16_t)atoi(port));
	return inet_pton(AF_INET6, text, &ret->v6.sin6_addr) == 1 ? sizeof(ret->v6) : 0;
}

/* connect(2) on a new socket. */
static int reach(int family, int type, int protocol, const union address *address, socklen_t len)
{
	int fd = socket(family, type, protocol), err;

	if (fd < 0)
		return -errno;
	err = connect(fd, &address->any, len) ? -errno : 0;
	(void)close(fd);
	return err;
}

static int do_connect(struct act *act)
{
	union address address;
	socklen_t len = parse(act->next[2], act->next[3], &address);

	return reach(address.any.sa_family, socket_type(act->next[1]), 0, &address, len);
}

static int connect6(struct act *act)
{
	union address address;
	socklen_t len = parse(act->next[2], act->next[3], &address);

	return reach(AF_INET6, socket_type(act->next[1]), 0, &address, len);
}

/* Connects, and then takes the peer away again with AF_UNSPEC. */
static int dissolve(struct act *act)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), err;
	struct sockaddr nobody = {.sa_family = AF_UNSPEC};
	union address address;
	socklen_t len = parse(act->next[1], act->next[2], &address);

	if (fd < 0 || connect(fd, &address.any, len))
		return -errno;
	err = connect(fd, &nobody, sizeof(nobody)) ? -errno : 0;
	(void)close(fd);
	return err;
}

static int unix_connect(int type, const char *name, bool abstract)
{
	union address address = {.local = {.sun_family = AF_UNIX}};
	size_t size = strlen(name);

	if (size >= sizeof(address.local.sun_path) - abstract)
		return -ENAMETOOLONG;
	memcpy(address.local.sun_path + abstract, name, size);
	return reach(AF_UNIX, type | SOCK_CLOEXEC, 0, &address,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + abstract + size));
}

static int do_unix(struct act *act)
{
	return unix_connect(SOCK_STREAM, act->next[1], false);
}

/* As most programs do it: the whole structure, NULs behind the name. */
static int padded(struct act *act)
{
	union address address = {.local = {.sun_family = AF_UNIX}};

	(void)snprintf(address.local.sun_path, sizeof(address.local.sun_path), "%s", act->next[1]);
	return reach(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, &address, sizeof(address.local));
}

static int packets(struct act *act)
{
	return unix_connect(SOCK_SEQPACKET, act->next[1], false);
}

static int abstract(struct act *act)
{
	return unix_connect(SOCK_STREAM, act->next[1], true);
}

static int raw(struct act *act)
{
	union address address;
	socklen_t len = parse(act->next[1], "0", &address);

	return reach(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP, &address, len);
}

static int netlink(struct act *act)
{
	union address address = {.netlink = {.nl_family = AF_NETLINK}};

	(void)act;
	return reach(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE, &address,
		     sizeof(address.netlink));
}

/* An address of which only so many bytes are given. */
static int cut(struct act *act)
{
	union address address;

	(void)parse(act->next[2], act->next[3], &address);
	return reach(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0, &address,
		     (socklen_t)strtoul(act->next[1], NULL, 10));
}

/* Listens for IPv4 and IPv6 on the port; the socket stays for the rest of the process. */
static int do_listen(struct act *act)
{
	union address address;
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	socklen_t len = parse("::", act->next[1], &address);

	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return fd < 0 || bind(fd, &address.any, len) || listen(fd, 64) ? -errno : 0;
}

/* The same on a Unix socket; a name that begins with @ is abstract. */
static int listen_unix(struct act *act)
{
	union address address = {.local = {.sun_family = AF_UNIX}};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t size = strlen(act->next[1]);

	memcpy(address.local.sun_path, act->next[1], size);
	if (act->next[1][0] == '@')
		address.local.sun_path[0] = '\0';
	size += offsetof(struct sockaddr_un, sun_path);
	return fd < 0 || bind(fd, &address.any, (socklen_t)size) || listen(fd, 64) ? -errno : 0;
}

const struct act_operation act_socket_operations[] = {
	{"connect", 3, do_connect},
	{"connect6", 3, connect6},
	{"dissolve", 2, dissolve},
	{"unix", 1, do_unix},
	{"packets", 1, packets},
	{"abstract", 1, abstract},
	{"raw", 1, raw},
	{"netlink", 0, netlink},
	{"cut", 3, cut},
	{"listen", 1, do_listen},
	{"listenunix", 1, listen_unix},
	{"padded", 1, padded},
	{NULL, 0, NULL},
};
