// SPDX-License-Identifier: Apache-2.0
/*
 * A forbidden IPv4 peer written as an IPv6 address, which lists of IPv4 do not know.
 * technique: IPv4-mapped IPv6 address
 * stopped by: `socket_connect`: both are one address
 * expect: operation=connect reason=no_rule
 */
#include "peer.h"

int escape_prepare(const char *box, const char *secret)
{
	return peer_prepare(box, secret);
}

int escape_attempt(const char *box, const char *secret)
{
	struct sockaddr_in6 name = peer_ipv6("::ffff:127.0.0.1", peer_port(box));

	(void)secret;
	return escape_if(peer_connects(SOCK_STREAM, &name, sizeof(name)));
}
