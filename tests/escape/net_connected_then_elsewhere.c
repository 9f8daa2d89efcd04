// SPDX-License-Identifier: Apache-2.0
/*
 * A socket that is connected to an allowed port sends to another one.
 * technique: sendto from a connected socket
 * stopped by: `socket_sendmsg`
 * expect: operation=send reason=no_rule
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
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	(void)secret;
	if (fd < 0 || connect(fd, (void *)&allowed, sizeof(allowed)))
		return escape_error("connect to the allowed port");
	(void)sendto(fd, "x", 1, 0, (void *)&name, sizeof(name));
	(void)close(fd);
	return escape_if(peer_hears(box));
}
