// SPDX-License-Identifier: Apache-2.0
/*
 * O_PATH opens without a hook; connecting through /proc/self/fd then needs no path of its own.
 * technique: Unix socket through an O_PATH descriptor
 * stopped by: `unix_stream_connect`, by the socket's own path
 * expect: operation=connect reason=no_rule
 */
#include <fcntl.h>

#include "peer.h"

int escape_prepare(const char *box, const char *secret)
{
	return peer_prepare(box, secret);
}

int escape_attempt(const char *box, const char *secret)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	char path[ESCAPE_PATH_SIZE];
	int fd;

	(void)box;
	escape_path(path, secret, "stream");
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return escape_error("open with O_PATH");
	(void)snprintf(name.sun_path, sizeof(name.sun_path), "/proc/self/fd/%d", fd);
	return escape_if(peer_connects(SOCK_STREAM, &name, sizeof(name)));
}
