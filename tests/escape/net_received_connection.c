// SPDX-License-Identifier: Apache-2.0
/*
 * A process outside connects a Unix socket and sends the agent its descriptor: the connection was
 * judged by nobody.
 * technique: Unix connection received over a socket
 * stopped by: nothing
 * expect: nothing recorded, because it carries bytes, as the socket does that it came by
 * instead: allow no connection to a process that hands over its own: that one is a deputy
 */
#include "pass.h"
#include "peer.h"

static int connect_stream(const char *secret)
{
	struct sockaddr_un name = peer_unix(secret, "stream");
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	return connect(fd, (struct sockaddr *)&name, sizeof(name)) ? -1 : fd;
}

int escape_prepare(const char *box, const char *secret)
{
	int err = peer_prepare(box, secret);

	return err ? err : pass_prepare(box, secret, connect_stream);
}

int escape_attempt(const char *box, const char *secret)
{
	int fd = pass_receive(box);

	(void)secret;
	if (fd == -2)
		return escape_error(box);
	return escape_if(peer_greets(fd));
}
