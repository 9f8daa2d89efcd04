// SPDX-License-Identifier: Apache-2.0
/*
 * Counters and samples of other processes and of the kernel.
 * technique: perf_event_open(2)
 * stopped by: `perf_event_open`; where perf_event_paranoid is 3 or more, as Debian has it,
 *   `capable` before it
 * expect: operation=capability reason=no_rule
 */
#include "escape.h"

#include <linux/perf_event.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

int escape_prepare(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	return 0;
}

int escape_attempt(const char *box, const char *secret)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0u);
	uint64_t clock = 0;

	(void)box;
	(void)secret;
	return escape_if(fd >= 0 && read(fd, &clock, sizeof(clock)) == sizeof(clock) && clock);
}
