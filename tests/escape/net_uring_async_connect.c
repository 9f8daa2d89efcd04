// SPDX-License-Identifier: Apache-2.0
/*
 * A connection to a port that no rule allows, made by io_uring in a worker thread of the kernel.
 * technique: connect through an io_uring worker
 * stopped by: `socket_connect`; a ring's workers are threads of the agent
 * expect: operation=connect reason=no_rule
 * needs: io_uring
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "uring.h"

#define GREETING "key"

/* Listens where the kernel likes, tells the port in box/port, and greets whoever comes. */
static void greet_for_ever(const char *box)
{
	struct sockaddr_in name = {.sin_family = AF_INET};
	socklen_t len = sizeof(name);
	char path[ESCAPE_PATH_SIZE];
	int fd = socket(AF_INET, SOCK_STREAM, 0), peer;

	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	escape_path(path, box, "port");
	if (bind(fd, (void *)&name, sizeof(name)) || listen(fd, 4) ||
	    getsockname(fd, (void *)&name, &len) || escape_write_number(path, ntohs(name.sin_port)))
		return;
	while ((peer = accept(fd, NULL, NULL)) >= 0) {
		(void)send(peer, GREETING, sizeof(GREETING), MSG_NOSIGNAL);
		(void)close(peer);
	}
}

int escape_prepare(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];
	int err = escape_victim(box, greet_for_ever);

	(void)secret;
	escape_path(path, box, "port");
	return err || escape_await(path, 5) ? err : -ETIMEDOUT;
}

int escape_attempt(const char *box, const char *secret)
{
	struct sockaddr_in peer = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM, 0), result;
	struct io_uring_sqe operation = {.opcode = IORING_OP_CONNECT,
					 .fd = fd,
					 .addr = (unsigned long)&peer,
					 .off = sizeof(peer)};
	char path[ESCAPE_PATH_SIZE], byte;

	(void)secret;
	escape_path(path, box, "port");
	peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	peer.sin_port = htons((in_port_t)escape_number(path));
	if (fd < 0 || !peer.sin_port)
		return escape_error("socket");
	result = escape_uring(&operation);
	return escape_uring_if(result, !result && recv(fd, &byte, 1, 0) == 1 && byte == 'k');
}
