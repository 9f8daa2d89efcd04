// SPDX-License-Identifier: Apache-2.0
/*
 * The socket's file has a second name where every socket is allowed.
 * technique: Unix socket through a hard link
 * stopped by: `unix_stream_connect`, by the path that it was bound to
 * expect: operation=connect reason=no_rule
 */
#include "peer.h"

static int second_name(const char *box, const char *secret)
{
	char from[ESCAPE_PATH_SIZE], to[ESCAPE_PATH_SIZE];

	escape_path(from, secret, "stream");
	escape_path(to, box, "name");
	return link(from, to) ? -errno : 0;
}

int escape_prepare(const char *box, const char *secret)
{
	return peer_start(peer_serve, box, secret) || second_name(box, secret) ? -EIO : 0;
}

int escape_attempt(const char *box, const char *secret)
{
	struct sockaddr_un name = peer_unix(box, "name");

	(void)secret;
	return escape_if(peer_connects(SOCK_STREAM, &name, sizeof(name)));
}
