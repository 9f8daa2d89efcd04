// SPDX-License-Identifier: Apache-2.0
/*
 * The connection is made by a send: no connect(2) is ever called.
 * technique: sendto with MSG_FASTOPEN
 * stopped by: `socket_sendmsg`
 * expect: operation=connect reason=no_rule
 */
#include "peer.h"

int escape_prepare(const char *box, const char *secret)
{
	return peer_prepare(box, secret);
}

int escape_attempt(const char *box, const char *secret)
{
	struct sockaddr_in name = peer_ipv4("127.0.0.1", peer_port(box));
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)secret;
	if (fd < 0)
		return escape_error("socket");
	(void)sendto(fd, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL, (void *)&name, sizeof(name));
	return escape_if(peer_greets(fd));
}
