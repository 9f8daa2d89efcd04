// SPDX-License-Identifier: Apache-2.0
/*
 * Connecting to 0.0.0.0, for which the kernel puts the loopback address: a rule on that address
 * does not see it.
 * technique: 0.0.0.0 as a peer
 * stopped by: `socket_connect`: it names no peer
 * expect: operation=connect reason=address_error
 */
#include "peer.h"

int escape_prepare(const char *box, const char *secret)
{
	return peer_prepare(box, secret);
}

int escape_attempt(const char *box, const char *secret)
{
	struct sockaddr_in name = peer_ipv4("0.0.0.0", peer_port(box));

	(void)secret;
	return escape_if(peer_connects(SOCK_STREAM, &name, sizeof(name)));
}
