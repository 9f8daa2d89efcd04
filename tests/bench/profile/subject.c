/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In the guest: each operation some times to warm up, then some times between marks (trace.h).
 * In: the system that it runs on. Out: lines "SYSTEM OPERATION WINDOWS", as the marks come.
 */
#include <fcntl.h>
#include <linux/membarrier.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "trace.h"

#define WARM_UP 32
#define WINDOWS 33 /* odd: one of them is the median */
/* 60 bytes, seven levels deep, as in operations.c */
#define ALLOWED "/srv/tenants/d00000005/releases/2026-11/static/assets/site.js"
#define CREATED "/srv/tenants/d00000006/releases/2026-11/static/assets/page.js"

static int udp = -1;

static bool open_close(void)
{
	int fd = open(ALLOWED, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && !close(fd);
}

static bool create_unlink(void)
{
	int fd = open(CREATED, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	return fd >= 0 && !close(fd) && !unlink(CREATED);
}

static bool udp_connect(void)
{
	struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons(9)};

	peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return !connect(udp, (const struct sockaddr *)&peer, sizeof(peer));
}

static const struct operation {
	const char *name;
	bool (*run)(void); /* did it succeed? */
} operations[] = {
	{"open_close", open_close},
	{"create_unlink", create_unlink},
	{"connect", udp_connect},
};

static bool measure(const struct operation *operation)
{
	bool ok = true;

	for (int i = -WARM_UP; i < WINDOWS; i++) {
		(void)syscall(__NR_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
		if (i < 0) {
			ok = ok && operation->run();
			continue;
		}
		__asm__ volatile(MARK_ASM(MARK_BEGIN));
		ok = operation->run() && ok;
		__asm__ volatile(MARK_ASM(MARK_END));
	}
	return ok;
}

int main(int argc, char **argv)
{
	const char *system = argc > 1 ? argv[1] : "stock";

	udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		if (!measure(&operations[i])) {
			(void)fprintf(stderr, "%s on %s: not what is to be measured\n",
				      operations[i].name, system);
			return 1;
		}
		printf("%s %s %d\n", system, operations[i].name, WINDOWS);
	}
	return 0;
}
