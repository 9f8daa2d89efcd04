// SPDX-License-Identifier: Apache-2.0
/*
 * A datagram socket that is connected to the agent's own sends to another one.
 * technique: Unix datagram from a connected socket
 * stopped by: `unix_may_send`
 * expect: operation=send reason=no_rule
 */
#include "peer.h"

int escape_prepare(const char *box, const char *secret)
{
	return peer_prepare(box, secret);
}

int escape_attempt(const char *box, const char *secret)
{
	struct sockaddr_un own = peer_unix(box, "own"), name = peer_unix(secret, "datagrams");
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0), listener = socket(AF_UNIX, SOCK_DGRAM, 0);

	if (fd < 0 || listener < 0 || bind(listener, (void *)&own, sizeof(own)) ||
	    connect(fd, (void *)&own, sizeof(own)))
		return escape_error("connect to its own socket");
	(void)sendto(fd, "x", 1, 0, (void *)&name, sizeof(name));
	(void)close(fd);
	(void)close(listener);
	return escape_if(peer_hears(box));
}
