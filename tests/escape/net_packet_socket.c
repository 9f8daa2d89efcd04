// SPDX-License-Identifier: Apache-2.0
/*
 * A packet socket hears what other processes of the host say.
 * technique: Packet socket
 * stopped by: `socket_create`
 * expect: operation=socket reason=family
 */
#include <linux/if_ether.h>

#include "peer.h"

/* Says PEER_GREETING to port 9 of the loopback, over and over. */
static void talk(const void *context)
{
	const struct peer *peer = context;
	struct sockaddr_in name = peer_ipv4("127.0.0.1", 9);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char path[ESCAPE_PATH_SIZE];

	escape_path(path, peer->box, "port");
	if (fd < 0 || escape_write_number(path, 9))
		return;
	for (;;) {
		(void)sendto(fd, PEER_GREETING, sizeof(PEER_GREETING), 0, (void *)&name,
			     sizeof(name));
		escape_sleep_ms(20);
	}
}

/* Is the greeting at @at of one of the next packets? */
static bool overhears(int fd, size_t at)
{
	struct timeval limit = {.tv_sec = 2};
	char packet[512];

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	for (int i = 0; i < 200; i++) {
		ssize_t len = recv(fd, packet, sizeof(packet), 0);

		if (len < 0)
			return false;
		if ((size_t)len == at + sizeof(PEER_GREETING) &&
		    !memcmp(packet + at, PEER_GREETING, sizeof(PEER_GREETING)))
			return true;
	}
	return false;
}

int escape_prepare(const char *box, const char *secret)
{
	return peer_start(talk, box, secret);
}

int escape_attempt(const char *box, const char *secret)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
	bool heard;

	(void)box;
	(void)secret;
	if (fd < 0)
		return ESCAPE_REFUSED;
	heard = overhears(fd, 28); /* behind the headers of IPv4 and UDP */
	(void)close(fd);
	return escape_if(heard);
}
