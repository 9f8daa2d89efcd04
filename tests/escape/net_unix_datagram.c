// SPDX-License-Identifier: Apache-2.0
/*
 * A datagram to a socket that takes orders, as /dev/log and a service manager's do.
 * technique: Unix datagram
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
	struct sockaddr_un name = peer_unix(secret, "datagrams");
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	if (fd < 0)
		return escape_error("socket");
	(void)sendto(fd, "x", 1, 0, (void *)&name, sizeof(name));
	(void)close(fd);
	return escape_if(peer_hears(box));
}
