// SPDX-License-Identifier: Apache-2.0
/*
 * Load for a web server: load PORT REQUESTS PATH. Each request on a connection of its own, eight
 * at a time; says how many answers had status 200, and the sum of their bytes.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define AT_ONCE 8

struct sums {
	long good;
	long bytes;
};

static int request(int port, const char *path, struct sums *sums)
{
	struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char text[8192];
	size_t used = 0;
	ssize_t len;

	peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	(void)snprintf(text, sizeof(text), "GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n", path);
	if (connect(fd, (struct sockaddr *)&peer, sizeof(peer)) ||
	    write(fd, text, strlen(text)) < 0)
		return close(fd), -1;
	while (used < sizeof(text) && (len = read(fd, text + used, sizeof(text) - used)) > 0)
		used += (size_t)len;
	(void)close(fd);
	if (used < 12 || memcmp(text + 9, "200", 3))
		return -1;
	sums->good++;
	sums->bytes += (long)used;
	return 0;
}

/* One of those who ask: its share of the requests, its sums into the pipe. */
static void __attribute__((noreturn)) ask(int out, int port, int requests, const char *path)
{
	struct sums sums = {0};

	for (int i = 0; i < requests; i++)
		(void)request(port, path, &sums);
	_exit(write(out, &sums, sizeof(sums)) != (ssize_t)sizeof(sums));
}

int main(int argc, char **argv)
{
	struct sums all = {0}, sums;
	int ends[2];

	if (argc != 4 || pipe(ends)) {
		fprintf(stderr, "usage: load PORT REQUESTS PATH\n");
		return 2;
	}
	for (int i = 0; i < AT_ONCE; i++)
		if (!fork())
			ask(ends[1], atoi(argv[1]), atoi(argv[2]) / AT_ONCE, argv[3]);
	for (int i = 0; i < AT_ONCE; i++) {
		if (read(ends[0], &sums, sizeof(sums)) != (ssize_t)sizeof(sums))
			return 1;
		all.good += sums.good;
		all.bytes += sums.bytes;
		(void)wait(NULL);
	}
	printf("%ld good answers, %ld bytes\n", all.good, all.bytes);
	return 0;
}
