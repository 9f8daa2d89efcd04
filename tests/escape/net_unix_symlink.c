// SPDX-License-Identifier: Apache-2.0
/*
 * A link in a directory where every socket is allowed leads to one that is not.
 * technique: Unix socket through a symbolic link
 * stopped by: `unix_stream_connect`, by the socket's own path
 * expect: operation=connect reason=no_rule
 */
#include "peer.h"

int escape_prepare(const char *box, const char *secret)
{
	return peer_prepare(box, secret);
}

int escape_attempt(const char *box, const char *secret)
{
	struct sockaddr_un name = peer_unix(box, "link");
	char path[ESCAPE_PATH_SIZE];

	escape_path(path, secret, "stream");
	if (symlink(path, name.sun_path) && errno != EEXIST)
		return escape_error("symlink");
	return escape_if(peer_connects(SOCK_STREAM, &name, sizeof(name)));
}
