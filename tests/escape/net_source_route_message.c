// SPDX-License-Identifier: Apache-2.0
/*
 * The same route in a control message of a connected socket, whose sends are no decisions.
 * technique: Source route by IP_RETOPTS in sendmsg
 * stopped by: `socket_sendmsg`
 * expect: operation=send reason=guardrail
 */
#include "route.h"

int escape_prepare(const char *box, const char *secret)
{
	return route_prepare(box, secret);
}

int escape_attempt(const char *box, const char *secret)
{
	struct sockaddr_in name = peer_ipv4("127.0.0.1", PEER_ALLOWED);
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(ROUTE_SIZE)];
	} control = {.header = {.cmsg_len = CMSG_LEN(ROUTE_SIZE),
				.cmsg_level = IPPROTO_IP,
				.cmsg_type = IP_RETOPTS}};
	struct iovec data = {.iov_base = (void *)"x", .iov_len = 1};
	struct msghdr message = {.msg_iov = &data,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	(void)secret;
	if (fd < 0 || connect(fd, (void *)&name, sizeof(name)))
		return escape_error("connect to the allowed port");
	memcpy(CMSG_DATA(&control.header), route_option(), ROUTE_SIZE);
	(void)sendmsg(fd, &message, 0);
	(void)close(fd);
	return escape_if(peer_hears(box));
}
