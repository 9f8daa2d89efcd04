/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: measure SYSTEM [--denied] [OPERATION...]
 *
 * Guest instructions of one operation, where the clock counts instructions (tools/vm --icount: one
 * nanosecond is one instruction). Out: lines "OPERATION.SYSTEM COUNT BLOCKS", the mean of the
 * middle half of the blocks after warming up, or "OPERATION.SYSTEM - WHY". Status 1: an operation
 * did not succeed, or with --denied was not refused with EPERM, each single time.
 *
 * What would differ by chance from boot to boot is the same for all: no block has a tick of the
 * clock in it, a child does not run before its parent waits for it (SCHED_BATCH), and what depends
 * on where the kernel's allocators stand is measured at several such places.
 */
#include "operations.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define WARM_UP 32 /* blocks before the first place */
#define PLACES 24
#define WARM_UP_PLACE 2 /* blocks in which slabs settle again */
#define BLOCKS_PLACE 4
#define BLOCKS (PLACES * BLOCKS_PLACE)
#define TICK_NS 4000000u /* CONFIG_HZ=250; a tick is at each multiple of it */
#define TICK_WORK_NS 300000u /* longer than a tick takes */
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

/* Goes on right behind a tick of the clock: the longest block ends before the next one. */
static void wait_for_tick(void)
{
	uint64_t at = (now() / TICK_NS + 2) * TICK_NS + TICK_WORK_NS;
	const struct timespec then = {.tv_sec = (time_t)(at / 1000000000u),
				      .tv_nsec = (long)(at % 1000000000u)};

	(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &then, NULL);
}

/* 0, or the first result that is not @expected. */
static int measure_block(const struct operation *operation, int expected, uint64_t *ret_count)
{
	int result = expected;
	uint64_t start;

	settle(operation);
	wait_for_tick();
	start = now();
	for (unsigned int n = 0; n < operation->per_block && result == expected; n++)
		result = operation->run();
	*ret_count = now() - start;
	if (result == expected)
		return 0;
	return result ? result : -ENODATA;
}

/* @blocks has room for BLOCKS_PLACE. */
static int measure_place(const struct operation *operation, int expected, uint64_t *blocks)
{
	uint64_t warm_up;
	int err = operation->move ? operation->move() : 0;

	for (int i = 0; i < WARM_UP_PLACE && !err; i++)
		err = measure_block(operation, expected, &warm_up);
	for (int i = 0; i < BLOCKS_PLACE && !err; i++)
		err = measure_block(operation, expected, &blocks[i]);
	return err;
}

/*
 * The mean of the middle half: what comes only now and then, as a slab that is full, is in it for
 * as often as it comes, and what comes from outside, as the reader of events, is not.
 */
static uint64_t middle(uint64_t *blocks)
{
	uint64_t sum = 0;

	qsort(blocks, BLOCKS, sizeof(*blocks), compare);
	for (int i = BLOCKS / 4; i < BLOCKS - BLOCKS / 4; i++)
		sum += blocks[i];
	return sum / (BLOCKS / 2);
}

static int measure(const struct operation *operation, int expected, uint64_t *ret_count)
{
	uint64_t blocks[BLOCKS], warm_up;
	int err = 0;

	for (int i = 0; i < WARM_UP && !err; i++)
		err = measure_block(operation, expected, &warm_up);
	for (int i = 0; i < PLACES && !err; i++)
		err = measure_place(operation, expected, &blocks[i * BLOCKS_PLACE]);
	if (!err)
		*ret_count = middle(blocks) / operation->per_block;
	return err;
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
	err = sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){0}) ? -errno : 0;
	if (!err)
		err = operations_prepare(denied);
	if (err) {
		fprintf(stderr, "%s: can't prepare: %s\n", argv[1], strerror(-err));
		return 1;
	}
	for (size_t i = 0; i < operations_count && !err; i++)
		if (is_wanted(operations[i].name, argv + 2 + denied))
			err = run(&operations[i], argv[1], denied);
	operations_end();
	return err ? 1 : 0;
}
