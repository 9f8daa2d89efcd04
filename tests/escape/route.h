/* SPDX-License-Identifier: Apache-2.0 */
/* A loose source route through an address that no rule speaks of, and who sees packets go there. */
#ifndef TESTS_ESCAPE_ROUTE_H
#define TESTS_ESCAPE_ROUTE_H

#include <linux/if_ether.h>
#include <netinet/ip.h>

#include "peer.h"

#define ROUTE_HOP "127.0.0.66"
#define ROUTE_SIZE 8

/* Sees each packet on lo; one that goes to ROUTE_HOP leaves "got" in the box. */
static inline void route_watch(const void *context)
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
		if (header->daddr == inet_addr(ROUTE_HOP))
			(void)escape_write(path, "got");
}

/* The IPv4 option. */
static inline const unsigned char *route_option(void)
{
	static unsigned char option[ROUTE_SIZE] = {IPOPT_NOP, IPOPT_LSRR, 7, 4};
	in_addr_t hop = inet_addr(ROUTE_HOP);

	memcpy(option + 4, &hop, 4);
	return option;
}

/* For prepare(). 0 or -errno. */
static inline int route_prepare(const char *box, const char *secret)
{
	return peer_start(route_watch, box, secret);
}

#endif
