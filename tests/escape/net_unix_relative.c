// SPDX-License-Identifier: Apache-2.0
/*
 * From inside of the directory the name is one word, which no rule on paths knows.
 * technique: Unix socket by a relative path
 * stopped by: `unix_stream_connect`, by the socket's own path
 * expect: operation=connect reason=no_rule
 */
#include <sys/stat.h>

#include "peer.h"

static int mkdir_inner(const char *secret)
{
	char path[ESCAPE_PATH_SIZE];

	escape_path(path, secret, "inner");
	return mkdir(path, 0755) ? -errno : 0;
}

int escape_prepare(const char *box, const char *secret)
{
	return mkdir_inner(secret) ? -EIO : peer_prepare(box, secret);
}

int escape_attempt(const char *box, const char *secret)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "../stream"};
	char path[ESCAPE_PATH_SIZE];

	(void)box;
	escape_path(path, secret, "inner");
	if (chdir(path))
		return escape_error("chdir");
	return escape_if(peer_connects(SOCK_STREAM, &name, sizeof(name)));
}
