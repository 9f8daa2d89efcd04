// SPDX-License-Identifier: Apache-2.0
/*
 * The control socket is connected to, over which grants are issued.
 * technique: Connection to the control socket
 * stopped by: `unix_stream_connect`: no rule opens Writ's own socket
 * expect: operation=connect reason=protected
 */
#include "own.h"

#include <sys/socket.h>
#include <sys/un.h>

int escape_prepare(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	return 0;
}

int escape_attempt(const char *box, const char *secret)
{
	const struct sockaddr_un address = {.sun_family = AF_UNIX,
					    .sun_path = "/run/writ/core.sock"};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	(void)box;
	(void)secret;
	return escape_if(!connect(fd, (const struct sockaddr *)&address, sizeof(address)));
}
