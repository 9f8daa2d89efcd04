// SPDX-License-Identifier: Apache-2.0
/*
 * A datagram by io_uring, sent by a worker thread of the kernel.
 * technique: sendmsg through an io_uring worker
 * stopped by: `socket_sendmsg`; a ring's workers are threads of the agent
 * expect: operation=send reason=no_rule
 * needs: io_uring
 */
#include "uring.h"
#include "peer.h"

int escape_prepare(const char *box, const char *secret)
{
	return peer_prepare(box, secret);
}

int escape_attempt(const char *box, const char *secret)
{
	struct sockaddr_in name = peer_ipv4("127.0.0.1", peer_port(box));
	struct iovec data = {.iov_base = (void *)"x", .iov_len = 1};
	struct msghdr message = {
		.msg_name = &name, .msg_namelen = sizeof(name), .msg_iov = &data, .msg_iovlen = 1};
	int fd = socket(AF_INET, SOCK_DGRAM, 0), result;
	struct io_uring_sqe operation = {
		.opcode = IORING_OP_SENDMSG, .fd = fd, .addr = (unsigned long)&message, .len = 1};

	(void)secret;
	if (fd < 0)
		return escape_error("socket");
	result = escape_uring(&operation);
	(void)close(fd);
	return escape_uring_if(result, peer_hears(box));
}
