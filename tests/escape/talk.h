/* SPDX-License-Identifier: Apache-2.0 */
/* Somebody outside who sends to another process of this host, and a socket that overhears it. */
#ifndef TESTS_ESCAPE_TALK_H
#define TESTS_ESCAPE_TALK_H

#include "peer.h"

#define TALK_HEADERS 28 /* bytes of IPv4 and UDP */

/* Says PEER_GREETING to port 9 of the loopback, over and over. */
static inline void talk_serve(const void *context)
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

/* Does one of the next IPv4 packets that @fd gets bring the greeting? Closes it. */
static inline bool talk_heard(int fd)
{
	struct timeval limit = {.tv_sec = 2};
	char packet[512];
	bool heard = false;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	for (int i = 0; i < 200 && !heard; i++) {
		ssize_t len = recv(fd, packet, sizeof(packet), 0);

		if (len < 0)
			break;
		heard = (size_t)len == TALK_HEADERS + sizeof(PEER_GREETING) &&
			!memcmp(packet + TALK_HEADERS, PEER_GREETING, sizeof(PEER_GREETING));
	}
	(void)close(fd);
	return heard;
}

/* For prepare(). 0 or -errno. */
static inline int talk_prepare(const char *box, const char *secret)
{
	return peer_start(talk_serve, box, secret);
}

#endif
