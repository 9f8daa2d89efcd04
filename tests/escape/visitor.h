/* SPDX-License-Identifier: Apache-2.0 */
/* Somebody outside who connects to a socket of the agent's, at 127.0.0.1. */
#ifndef TESTS_ESCAPE_VISITOR_H
#define TESTS_ESCAPE_VISITOR_H

#include "peer.h"

/* Connects to the port in "offer" when it is there; if it gets through, "got" is in the box. */
static inline void visitor_serve(const void *context)
{
	const struct peer *peer = context;
	char path[ESCAPE_PATH_SIZE];
	struct sockaddr_in name;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	escape_path(path, peer->box, "port");
	if (fd < 0 || escape_write_number(path, 1))
		return;
	escape_path(path, peer->box, "offer");
	if (!escape_await(path, 10))
		return;
	name = peer_ipv4("127.0.0.1", escape_number(path));
	escape_path(path, peer->box, "got");
	if (!connect(fd, (void *)&name, sizeof(name)))
		(void)escape_write(path, "got");
}

/* Tells the visitor which port @fd has, waits for the visit, and closes it. An escape_result. */
static inline int visitor_comes(const char *box, int fd)
{
	struct sockaddr_in6 name;
	socklen_t len = sizeof(name);
	char path[ESCAPE_PATH_SIZE];
	int result;

	if (getsockname(fd, (void *)&name, &len))
		return escape_error("getsockname");
	escape_path(path, box, "offer");
	(void)escape_write_number(path, ntohs(name.sin6_port));
	result = escape_if(peer_hears(box));
	(void)close(fd);
	return result;
}

/* For prepare(). 0 or -errno. */
static inline int visitor_prepare(const char *box, const char *secret)
{
	return peer_start(visitor_serve, box, secret);
}

#endif
