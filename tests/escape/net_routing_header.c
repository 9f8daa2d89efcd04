// SPDX-License-Identifier: Apache-2.0
/*
 * The same for IPv6: a segment routing header names the first hop.
 * technique: Routing header by setsockopt(IPV6_RTHDR)
 * stopped by: `socket_setsockopt`
 * expect: operation=socket reason=guardrail
 * needs: segment routing (CONFIG_IPV6)
 */
#include <linux/if_ether.h>
#include <netinet/ip6.h>

#include "peer.h"

/* Sees each packet on lo; one with a routing header leaves "got" in the box. */
static void watch(const void *context)
{
	const struct peer *peer = context;
	int fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IPV6));
	char path[ESCAPE_PATH_SIZE];
	struct ip6_hdr header[32];

	escape_path(path, peer->box, "port");
	if (fd < 0 || escape_write_number(path, PEER_ALLOWED))
		return;
	escape_path(path, peer->box, "got");
	while (recv(fd, header, sizeof(header), 0) > 0)
		if (header->ip6_nxt == IPPROTO_ROUTING)
			(void)escape_write(path, "got");
}

int escape_prepare(const char *box, const char *secret)
{
	return peer_start(watch, box, secret);
}

int escape_attempt(const char *box, const char *secret)
{
	unsigned char header[24] = {0, 2, 4};
	struct sockaddr_in6 name = peer_ipv6("::1", PEER_ALLOWED);
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	(void)secret;
	if (fd < 0)
		return escape_error("socket");
	memcpy(header + 8, &name.sin6_addr, 16);
	if (setsockopt(fd, IPPROTO_IPV6, IPV6_RTHDR, header, sizeof(header)) && errno == EINVAL)
		return escape_skip("this kernel has no segment routing");
	(void)sendto(fd, "x", 1, 0, (void *)&name, sizeof(name));
	(void)close(fd);
	return escape_if(peer_hears(box));
}
