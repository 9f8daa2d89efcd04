// SPDX-License-Identifier: Apache-2.0
/*
 * Another type of Unix socket, with ways of its own in the kernel.
 * technique: Unix socket of type SOCK_SEQPACKET
 * stopped by: `unix_stream_connect`
 * expect: operation=connect reason=no_rule
 */
#include "peer.h"

int escape_prepare(const char *box, const char *secret)
{
	return peer_prepare(box, secret);
}

int escape_attempt(const char *box, const char *secret)
{
	struct sockaddr_un name = peer_unix(secret, "packets");

	(void)box;
	return escape_if(peer_connects(SOCK_SEQPACKET, &name, sizeof(name)));
}
