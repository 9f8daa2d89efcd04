/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Peers, as act's operations on sockets name them, and what these do with one: each makes a socket
 * and closes it. Out: 0, or -errno of the step that failed.
 */
#ifndef TESTS_VM_ACT_PEER_H
#define TESTS_VM_ACT_PEER_H

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
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

/* An address and a port; of length 0 if it is none. */
static inline struct peer peer_ip(const char *text, const char *port)
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

/* A Unix name: one that begins with @ is abstract. */
static inline struct peer peer_local(const char *name)
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

static inline int peer_type(const char *protocol)
{
	return (strcmp(protocol, "udp") ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC;
}

/* @err, and @fd is closed. */
static inline int peer_ended(int fd, int err)
{
	if (fd >= 0)
		(void)close(fd);
	return err;
}

/* bind(2), then listen(2) if @listens. */
static inline int peer_offer(int family, int type, const struct peer *peer, bool listens)
{
	int fd = socket(family, type | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (peer && bind(fd, &peer->any, peer->len))
		return peer_ended(fd, -errno);
	return peer_ended(fd, listens && listen(fd, 8) ? -errno : 0);
}

/* sendto(2) of one byte. */
static inline int peer_send(int family, int type, int flags, const struct peer *peer)
{
	int fd = socket(family, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	return peer_ended(fd, sendto(fd, "x", 1, flags, &peer->any, peer->len) < 0 ? -errno : 0);
}

#endif
