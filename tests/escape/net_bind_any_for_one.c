// SPDX-License-Identifier: Apache-2.0
/*
 * Binding to :: at a port that is allowed on 127.0.0.1 alone: it takes that address, and all
 * others.
 * technique: bind to :: instead of one address
 * stopped by: `socket_bind`
 * expect: operation=bind reason=no_rule
 */
#include "visitor.h"

int escape_prepare(const char *box, const char *secret)
{
	return visitor_prepare(box, secret);
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
	return visitor_comes(box, fd);
}
