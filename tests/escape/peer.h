/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Somebody outside whom no rule lets the agent speak to: TCP and UDP on one port of every address,
 * Unix sockets in @secret, and an abstract one. Who connects is greeted with PEER_GREETING; a
 * datagram leaves the file "got" in @box.
 */
#ifndef TESTS_ESCAPE_PEER_H
#define TESTS_ESCAPE_PEER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "escape.h"

#define PEER_GREETING "key"
#define PEER_ALLOWED 7000 /* the agent's rules allow this port of 127.0.0.1 */

struct peer {
	const char *box;
	const char *secret;
};

static inline struct sockaddr_in peer_ipv4(const char *address, long port)
{
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons((in_port_t)port)};

	(void)inet_pton(AF_INET, address, &name.sin_addr);
	return name;
}

static inline struct sockaddr_in6 peer_ipv6(const char *address, long port)
{
	struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_port = htons((in_port_t)port)};

	(void)inet_pton(AF_INET6, address, &name.sin6_addr);
	return name;
}

static inline struct sockaddr_un peer_unix(const char *directory, const char *file)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};

	(void)snprintf(name.sun_path, sizeof(name.sun_path), "%.80s/%.20s", directory, file);
	return name;
}

/* The abstract name of the peer that has this port. */
static inline socklen_t peer_abstract(struct sockaddr_un *name, long port)
{
	*name = (struct sockaddr_un){.sun_family = AF_UNIX};
	(void)snprintf(name->sun_path + 1, sizeof(name->sun_path) - 1, "escape-%ld", port);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name->sun_path + 1));
}

static inline int peer_offer(int type, const void *name, socklen_t len)
{
	const struct sockaddr *any = name;
	int fd = socket(any->sa_family, type, 0);

	if (fd < 0 || bind(fd, any, len) || (type != SOCK_DGRAM && listen(fd, 4)))
		return -1;
	return fd;
}

static inline void peer_answer(const struct peer *peer, int fd, bool datagram)
{
	char path[ESCAPE_PATH_SIZE], byte[64];
	int to;

	if (!datagram) {
		to = accept(fd, NULL, NULL);
		(void)send(to, PEER_GREETING, sizeof(PEER_GREETING), MSG_NOSIGNAL);
		(void)close(to);
		return;
	}
	if (recv(fd, byte, sizeof(byte), 0) <= 0)
		return;
	escape_path(path, peer->box, "got");
	(void)escape_write(path, "got");
}

static inline void peer_serve(const void *context)
{
	const struct peer *peer = context;
	struct sockaddr_in6 any = peer_ipv6("::", 0);
	struct sockaddr_un names[3] = {peer_unix(peer->secret, "stream"),
				       peer_unix(peer->secret, "packets"),
				       peer_unix(peer->secret, "datagrams")};
	struct sockaddr_un abstract;
	struct pollfd fds[6] = {0};
	socklen_t len = sizeof(any);
	char path[ESCAPE_PATH_SIZE];

	fds[0].fd = peer_offer(SOCK_STREAM, &any, sizeof(any));
	(void)getsockname(fds[0].fd, (void *)&any, &len);
	len = peer_abstract(&abstract, ntohs(any.sin6_port));
	fds[1].fd = peer_offer(SOCK_STREAM, &names[0], sizeof(names[0]));
	fds[2].fd = peer_offer(SOCK_SEQPACKET, &names[1], sizeof(names[1]));
	fds[3].fd = peer_offer(SOCK_STREAM, &abstract, len);
	fds[4].fd = peer_offer(SOCK_DGRAM, &any, sizeof(any));
	fds[5].fd = peer_offer(SOCK_DGRAM, &names[2], sizeof(names[2]));
	for (size_t i = 0; i < 6; i++) {
		fds[i].events = POLLIN;
		if (fds[i].fd < 0)
			return;
	}
	escape_path(path, peer->box, "port");
	(void)escape_write_number(path, ntohs(any.sin6_port));
	while (poll(fds, 6, -1) > 0)
		for (int i = 0; i < 6; i++)
			if (fds[i].revents & POLLIN)
				peer_answer(peer, fds[i].fd, i >= 4);
}

/* For prepare(): the peer, or another process that writes "port" when it is ready. 0 or -errno. */
static inline int peer_start(void (*work)(const void *context), const char *box, const char *secret)
{
	const struct peer peer = {box, secret};
	char path[ESCAPE_PATH_SIZE];
	int err = escape_daemon(work, &peer);

	escape_path(path, box, "port");
	return err || escape_await(path, 5) ? err : -ETIMEDOUT;
}

static inline int peer_prepare(const char *box, const char *secret)
{
	return peer_start(peer_serve, box, secret);
}

static inline long peer_port(const char *box)
{
	char path[ESCAPE_PATH_SIZE];

	escape_path(path, box, "port");
	return escape_number(path);
}

/* Did the peer greet this socket? Asks for two seconds at most, and closes it. */
static inline bool peer_greets(int fd)
{
	struct timeval limit = {.tv_sec = 2};
	char text[sizeof(PEER_GREETING)] = "";
	bool greeted;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	greeted = recv(fd, text, sizeof(text), MSG_WAITALL) > 0 && !strcmp(text, PEER_GREETING);
	(void)close(fd);
	return greeted;
}

/* Did a datagram come to the peer? */
static inline bool peer_hears(const char *box)
{
	char path[ESCAPE_PATH_SIZE];

	escape_path(path, box, "got");
	return escape_await(path, 2);
}

/* connect(2) on a new socket, and the greeting. */
static inline bool peer_connects(int type, const void *name, socklen_t len)
{
	const struct sockaddr *any = name;
	int fd = socket(any->sa_family, type, 0);

	if (fd < 0)
		return false;
	if (connect(fd, any, len)) {
		(void)close(fd);
		return false;
	}
	return peer_greets(fd);
}

#endif
