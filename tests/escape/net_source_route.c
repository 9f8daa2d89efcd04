// SPDX-License-Identifier: Apache-2.0
/*
 * The address is allowed; a loose source route sends the packet to another host first. It takes
 * no capability.
 * technique: Source route by setsockopt(IP_OPTIONS)
 * stopped by: `socket_setsockopt`
 * expect: operation=socket reason=guardrail
 */
#include <linux/if_ether.h>
#include <netinet/ip.h>

#include "peer.h"

#define HOP "127.0.0.66"

/* Sees each packet on lo; one that goes to HOP leaves "got" in the box. */
static void watch(const void *context)
{
	const struct peer *peer = context;
	int fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
	char path[ESCAPE_PATH_SIZE];
	struct iphdr header[32];

	escape_path(path, peer->box, "port");
	if (fd < 0 || escape_write_number(path, PEER_ALLOWED))
		return;
	escape_path(path, peer->box, "got");
	while (recv(fd, header, sizeof(header), 0) > 0)
		if (header->daddr == inet_addr(HOP))
			(void)escape_write(path, "got");
}

static const unsigned char *route(void)
{
	static unsigned char option[8] = {IPOPT_NOP, IPOPT_LSRR, 7, 4};
	in_addr_t hop = inet_addr(HOP);

	memcpy(option + 4, &hop, 4);
	return option;
}

int escape_prepare(const char *box, const char *secret)
{
	return peer_start(watch, box, secret);
}

int escape_attempt(const char *box, const char *secret)
{
	struct sockaddr_in name = peer_ipv4("127.0.0.1", PEER_ALLOWED);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	(void)secret;
	if (fd < 0)
		return escape_error("socket");
	(void)setsockopt(fd, IPPROTO_IP, IP_OPTIONS, route(), 8);
	(void)sendto(fd, "x", 1, 0, (void *)&name, sizeof(name));
	(void)close(fd);
	return escape_if(peer_hears(box));
}
