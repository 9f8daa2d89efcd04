// SPDX-License-Identifier: Apache-2.0
/*
 * An IPv4 address in a datagram of an IPv6 socket: the caller's family is not the socket's.
 * technique: IPv4 address on an IPv6 socket
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
	struct sockaddr_in name = peer_ipv4("127.0.0.1", peer_port(box));
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	(void)secret;
	if (fd < 0)
		return escape_error("socket");
	(void)sendto(fd, "x", 1, 0, (void *)&name, sizeof(name));
	(void)close(fd);
	return escape_if(peer_hears(box));
}
