// SPDX-License-Identifier: Apache-2.0
/*
 * The address is allowed; a loose source route sends the packet to another host first. It takes
 * no capability.
 * technique: Source route by setsockopt(IP_OPTIONS)
 * stopped by: `socket_setsockopt`
 * expect: operation=socket reason=guardrail
 */
#include "route.h"

int escape_prepare(const char *box, const char *secret)
{
	return route_prepare(box, secret);
}

int escape_attempt(const char *box, const char *secret)
{
	struct sockaddr_in name = peer_ipv4("127.0.0.1", PEER_ALLOWED);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	(void)secret;
	if (fd < 0)
		return escape_error("socket");
	(void)setsockopt(fd, IPPROTO_IP, IP_OPTIONS, route_option(), ROUTE_SIZE);
	(void)sendto(fd, "x", 1, 0, (void *)&name, sizeof(name));
	(void)close(fd);
	return escape_if(peer_hears(box));
}
