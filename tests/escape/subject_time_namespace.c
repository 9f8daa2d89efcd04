// SPDX-License-Identifier: Apache-2.0
/*
 * In a time namespace of its own a process decides what the boot clock says, the clock that grants
 * end by. (The hooks read the clock of the kernel, so it would gain nothing.)
 * technique: Time namespace with another boot clock
 * stopped by: `capable`: CAP_SYS_ADMIN is not the role's; grants end by the kernel's own clock
 * expect: operation=capability reason=no_rule
 * needs: CONFIG_TIME_NS
 */
#include "escape.h"

#include <sched.h>
#include <time.h>
#include <unistd.h>

#define AHEAD_SECONDS 100000

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80 /* linux/sched.h */
#endif

static long boot_seconds(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec;
}

int escape_prepare(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	return 0;
}

int escape_attempt(const char *box, const char *secret)
{
	long before = boot_seconds();
	pid_t child;

	(void)box;
	(void)secret;
	if (unshare(CLONE_NEWTIME))
		return errno == EINVAL ? escape_skip("this kernel has no time namespaces")
				       : ESCAPE_REFUSED;
	if (escape_write("/proc/self/timens_offsets", "boottime 100000 0\n"))
		return ESCAPE_REFUSED;
	child = fork();
	if (!child)
		_exit(boot_seconds() >= before + AHEAD_SECONDS ? 0 : 1);
	return escape_if(!escape_wait(child));
}
