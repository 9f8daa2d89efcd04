// SPDX-License-Identifier: Apache-2.0
/*
 * A process outside is put behind all others on the disk.
 * technique: ioprio_set(2) of a process outside
 * stopped by: `task_setioprio`
 * expect: operation=control reason=guardrail
 */
#include "escape.h"

#include <sys/syscall.h>
#include <unistd.h>

static void pause_for_ever(const char *box)
{
	(void)box;
	for (;;)
		pause();
}

int escape_prepare(const char *box, const char *secret)
{
	(void)secret;
	return escape_victim(box, pause_for_ever);
}

#define WHO_PROCESS 1
#define CLASS_IDLE (3 << 13)

int escape_attempt(const char *box, const char *secret)
{
	pid_t victim = escape_victim_pid(box);

	(void)secret;
	(void)syscall(SYS_ioprio_set, WHO_PROCESS, victim, CLASS_IDLE);
	return escape_if(syscall(SYS_ioprio_get, WHO_PROCESS, victim) == CLASS_IDLE);
}
