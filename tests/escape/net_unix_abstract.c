// SPDX-License-Identifier: Apache-2.0
/*
 * An abstract name is no file: rules on paths and permissions do not reach it.
 * technique: Abstract Unix socket
 * stopped by: `unix_stream_connect`, by name
 * expect: operation=connect reason=no_rule
 */
#include "peer.h"

int escape_prepare(const char *box, const char *secret)
{
	return peer_prepare(box, secret);
}

int escape_attempt(const char *box, const char *secret)
{
	struct sockaddr_un name;
	socklen_t len = peer_abstract(&name, peer_port(box));

	(void)secret;
	return escape_if(peer_connects(SOCK_STREAM, &name, len));
}
