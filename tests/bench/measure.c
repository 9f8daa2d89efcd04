/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: measure SYSTEM [--denied] [OPERATION...]
 *
 * Guest instructions of one operation, where the clock counts instructions (tools/vm --icount: one
 * nanosecond is one instruction). Out: lines "OPERATION.SYSTEM COUNT BLOCKS", the median of the
 * blocks after warming up, or "OPERATION.SYSTEM - WHY". Status 1: an operation did not succeed, or
 * with --denied was not refused with EPERM, each single time.
 */
#include "operations.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define BLOCKS 96
#define WARM_UP 32
/*
 * A reader of events looks every 50 ms, and what programs keep for a task is free again after a
 * grace period of RCU tasks trace, up to 0.2 s. An idle guest's time costs nothing.
 */
#define DRAIN_US 300000

static uint64_t now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static int compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

/* What the last block left to RCU, to peers and to the ring's reader ends outside of the time. */
static void settle(const struct operation *operation)
{
	if (operation->settle)
		operation->settle();
	(void)syscall(__NR_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
	(void)usleep(DRAIN_US);
}

/* 0, or the first result that is not @expected. */
static int measure(const struct operation *operation, int expected, uint64_t *ret_count)
{
	uint64_t blocks[BLOCKS];

	for (int i = -WARM_UP; i < BLOCKS; i++) {
		int result = expected;
		uint64_t start;

		settle(operation);
		start = now();
		for (unsigned int n = 0; n < operation->per_block && result == expected; n++)
			result = operation->run();
		if (i >= 0)
			blocks[i] = now() - start;
		if (result != expected)
			return result ? result : -ENODATA;
	}
	qsort(blocks, BLOCKS, sizeof(*blocks), compare);
	*ret_count = blocks[BLOCKS / 2] / operation->per_block;
	return 0;
}

static bool is_wanted(const char *name, char **wanted)
{
	if (!*wanted)
		return true;
	for (; *wanted; wanted++)
		if (!strcmp(name, *wanted))
			return true;
	return false;
}

static int run(const struct operation *operation, const char *system, bool denied)
{
	uint64_t count = 0;
	int err;

	if (denied && operation->never_denied) {
		printf("%s.%s - %s\n", operation->name, system, operation->never_denied);
		return 0;
	}
	err = measure(operation, denied ? -EPERM : 0, &count);
	if (err) {
		fprintf(stderr, "%s on %s: %s: not what is to be measured\n", operation->name,
			system, strerror(-err));
		return 1;
	}
	printf("%s.%s %llu %d\n", operation->name, system, (unsigned long long)count, BLOCKS);
	return 0;
}

int main(int argc, char **argv)
{
	bool denied = argc > 2 && !strcmp(argv[2], "--denied");
	int err;

	if (argc < 2)
		return 2;
	err = operations_prepare(denied);
	if (err) {
		fprintf(stderr, "%s: can't prepare: %s\n", argv[1], strerror(-err));
		return 1;
	}
	for (size_t i = 0; i < operations_count; i++)
		if (is_wanted(operations[i].name, argv + 2 + denied) &&
		    run(&operations[i], argv[1], denied))
			return 1;
	return 0;
}
