/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guest instructions of one operation, where the clock counts instructions (tools/vm --icount: one
 * nanosecond is one instruction). In: the system that it runs on (stock, writ_unmanaged,
 * writ_role_1000; in the last one, what is denied is measured, too). Out: lines
 * "OPERATION.SYSTEM COUNT BLOCKS", the median of the blocks after warming up.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <netinet/in.h>
#include <stdbool.h>
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

static bool open_close(void)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && !close(fd);
}

static bool udp_connect(void)
{
	struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons(9)};

	peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return !connect(udp, (const struct sockaddr *)&peer, sizeof(peer));
}

static bool fork_exec(void)
{
	pid_t child = vfork();
	int status;

	if (child == 0) {
		(void)execl(path, path, (char *)NULL);
		_exit(1);
	}
	return waitpid(child, &status, 0) == child && WIFEXITED(status) && !WEXITSTATUS(status);
}

#define MANAGED "writ_role_1000"

static const struct operation {
	const char *name;
	bool (*run)(void); /* did it succeed? */
	const char *path;
	const char *denied; /* what the system is called then; NULL: it is allowed */
} operations[] = {
	{"open_close", open_close, "/srv/tenants/d00000005/releases/2026-11/static/assets/site.js",
	 NULL},
	{"open_close", open_close, "/srv/tenants/denied/releases/2026-11/static/assets/sit.js",
	 "writ_denied"},
	{"connect", udp_connect, NULL, NULL},
	{"exec", fork_exec, "/usr/bin/tiny", NULL},
};

static int compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

static uint64_t measure(const struct operation *operation)
{
	uint64_t blocks[BLOCKS];

	for (int i = -WARM_UP; i < BLOCKS; i++) {
		uint64_t start;

		/* let what the last block left to RCU finish outside of the timed window */
		(void)syscall(__NR_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
		start = now();
		for (int n = 0; n < PER_BLOCK; n++)
			(void)operation->run();
		if (i >= 0)
			blocks[i] = now() - start;
	}
	qsort(blocks, BLOCKS, sizeof(*blocks), compare);
	return blocks[BLOCKS / 2] / PER_BLOCK;
}

int main(int argc, char **argv)
{
	const char *system = argc > 1 ? argv[1] : "stock";
	bool managed = !strcmp(system, MANAGED);

	udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		const struct operation *operation = &operations[i];

		if (operation->denied && !managed)
			continue;
		path = operation->path;
		if (operation->run() == !!operation->denied) {
			fprintf(stderr, "%s on %s: not what is to be measured\n", operation->name,
				system);
			return 1;
		}
		printf("%s.%s %llu %d\n", operation->name,
		       operation->denied ? operation->denied : system,
		       (unsigned long long)measure(operation), BLOCKS);
	}
	return 0;
}
