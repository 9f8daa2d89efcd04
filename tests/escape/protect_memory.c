// SPDX-License-Identifier: Apache-2.0
/*
 * The memory of writd is opened for writing through /proc.
 * technique: Writing to /proc/PID/mem of writd
 * stopped by: `file_open`: no rule; with one, `ptrace_access_check`
 * expect: operation=open reason=no_rule
 */
#include "own.h"

#include <fcntl.h>
#include <stdio.h>

int escape_prepare(const char *box, const char *secret)
{
	(void)secret;
	return own_prepare_pid(box);
}

int escape_attempt(const char *box, const char *secret)
{
	char path[64];

	(void)secret;
	own_claim();
	(void)snprintf(path, sizeof(path), "/proc/%d/mem", own_pid(box));
	return escape_if(open(path, O_RDWR | O_CLOEXEC) >= 0);
}
