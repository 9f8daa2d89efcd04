// SPDX-License-Identifier: Apache-2.0
/*
 * Many messages in one call: the first to an allowed port, the next to one that is not.
 * technique: sendmmsg with another second address
 * stopped by: `socket_sendmsg`, for each new address
 * expect: operation=send reason=no_rule
 */
#include "peer.h"

int escape_prepare(const char *box, const char *secret)
{
	return peer_prepare(box, secret);
}

int escape_attempt(const char *box, const char *secret)
{
	struct sockaddr_in names[2] = {peer_ipv4("127.0.0.1", PEER_ALLOWED),
				       peer_ipv4("127.0.0.1", peer_port(box))};
	struct iovec data = {.iov_base = (void *)"x", .iov_len = 1};
	struct mmsghdr messages[2] = {0};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	(void)secret;
	if (fd < 0)
		return escape_error("socket");
	for (size_t i = 0; i < 2; i++)
		messages[i].msg_hdr = (struct msghdr){.msg_name = &names[i],
						      .msg_namelen = sizeof(names[i]),
						      .msg_iov = &data,
						      .msg_iovlen = 1};
	if (sendmmsg(fd, messages, 2, 0) < 1)
		return escape_error("sendmmsg to the allowed port");
	(void)close(fd);
	return escape_if(peer_hears(box));
}
