// SPDX-License-Identifier: Apache-2.0
/*
 * Binding to :: at a port that is allowed on 127.0.0.1 alone: it takes that address, and all
 * others.
 * technique: bind to :: instead of one address
 * stopped by: `socket_bind`
 * expect: operation=bind reason=no_rule
 */
#include "peer.h"

/* Connects to the port in "offer" when it is there; if it gets through, "got" is in the box. */
static void visit(const void *context)
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

/* Tells the visitor which port the socket has, and waits for the visit. */
static int visited(const char *box, int fd)
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

int escape_prepare(const char *box, const char *secret)
{
	return peer_start(visit, box, secret);
}

int escape_attempt(const char *box, const char *secret)
{
	struct sockaddr_in6 name = peer_ipv6("::", 7001);
	int fd = socket(AF_INET6, SOCK_STREAM, 0), on = 1;

	(void)secret;
	if (fd < 0)
		return escape_error("socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (void *)&name, sizeof(name)) || listen(fd, 4)) {
		(void)close(fd);
		return ESCAPE_REFUSED;
	}
	return visited(box, fd);
}
