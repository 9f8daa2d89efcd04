// SPDX-License-Identifier: Apache-2.0
/*
 * The server binds in a mount namespace of its own, on a mount that the agent's does not have.
 * technique: Unix socket that was bound in another mount namespace
 * stopped by: `unix_stream_connect`, by every path that the socket's file has in the agent's own
 * expect: operation=connect reason=no_rule
 */
#include <sched.h>

#include "peer.h"

static void serve(const void *context)
{
	if (!unshare(CLONE_NEWNS))
		peer_serve(context);
}

int escape_prepare(const char *box, const char *secret)
{
	return peer_start(serve, box, secret);
}

int escape_attempt(const char *box, const char *secret)
{
	struct sockaddr_un name = peer_unix(secret, "stream");

	(void)box;
	return escape_if(peer_connects(SOCK_STREAM, &name, sizeof(name)));
}
