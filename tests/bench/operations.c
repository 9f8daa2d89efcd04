/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guest instructions of one operation, where the clock counts instructions (tools/vm --icount: one
 * nanosecond is one instruction). In: what to measure. Out: "NAME COUNT" on standard output, the
 * median of the blocks after warming up.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BLOCKS 96
#define WARM_UP 32
#define PER_BLOCK 16

static const char *path;
static int udp = -1;

static uint64_t now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void open_close(void)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		(void)close(fd);
}

static void udp_connect(void)
{
	struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons(9)};

	peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	(void)!connect(udp, (const struct sockaddr *)&peer, sizeof(peer));
}

static void fork_exec(void)
{
	pid_t child = vfork();
	int status;

	if (child == 0) {
		(void)execl(path, path, (char *)NULL);
		_exit(1);
	}
	(void)waitpid(child, &status, 0);
}

static const struct operation {
	const char *name;
	void (*run)(void);
	const char *path;
} operations[] = {
	{"open", open_close, "/srv/tenants/d00000005/releases/2026-11/static/assets/site.js"},
	{"open_denied", open_close, "/srv/tenants/denied/releases/2026-11/static/assets/sit.js"},
	{"connect", udp_connect, NULL},
	{"exec", fork_exec, "/usr/bin/tiny"},
};

static int compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

static uint64_t measure(const struct operation *operation)
{
	uint64_t blocks[BLOCKS];

	path = operation->path;
	for (int i = -WARM_UP; i < BLOCKS; i++) {
		uint64_t start;

		/* let what the last block left to RCU finish outside of the timed window */
		(void)syscall(__NR_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
		start = now();
		for (int n = 0; n < PER_BLOCK; n++)
			operation->run();
		if (i >= 0)
			blocks[i] = now() - start;
	}
	qsort(blocks, BLOCKS, sizeof(*blocks), compare);
	return blocks[BLOCKS / 2] / PER_BLOCK;
}

int main(int argc, char **argv)
{
	const char *label = argc > 1 ? argv[1] : "stock";

	udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		printf("%s.%s %llu\n", operations[i].name, label,
		       (unsigned long long)measure(&operations[i]));
	return 0;
}
