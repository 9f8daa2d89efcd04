// SPDX-License-Identifier: Apache-2.0
/*
 * Connects where it may, lets go of the peer with AF_UNSPEC, and connects elsewhere.
 * technique: connect(AF_UNSPEC), then another peer
 * stopped by: `socket_connect`, each time
 * expect: operation=connect reason=no_rule
 */
#include "peer.h"

int escape_prepare(const char *box, const char *secret)
{
	return peer_prepare(box, secret);
}

int escape_attempt(const char *box, const char *secret)
{
	struct sockaddr_in allowed = peer_ipv4("127.0.0.1", PEER_ALLOWED);
	struct sockaddr_in name = peer_ipv4("127.0.0.1", peer_port(box));
	struct sockaddr nobody = {.sa_family = AF_UNSPEC};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	(void)secret;
	if (fd < 0 || connect(fd, (void *)&allowed, sizeof(allowed)) ||
	    connect(fd, &nobody, sizeof(nobody)))
		return escape_error("connect to the allowed port and let go");
	if (!connect(fd, (void *)&name, sizeof(name)))
		(void)send(fd, "x", 1, 0);
	(void)close(fd);
	return escape_if(peer_hears(box));
}
