// SPDX-License-Identifier: Apache-2.0
/*
 * A process outside is given the lowest scheduling class and runs only when nobody else wants to.
 * technique: Scheduling class and priority of a process outside
 * stopped by: `task_setscheduler`: only of processes of the same agent
 * expect: operation=control reason=guardrail
 */
#include "escape.h"

#include <sched.h>
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

int escape_attempt(const char *box, const char *secret)
{
	pid_t victim = escape_victim_pid(box);
	struct sched_param none = {0};

	(void)secret;
	if (sched_setscheduler(victim, SCHED_IDLE, &none))
		return ESCAPE_REFUSED;
	return escape_if(sched_getscheduler(victim) == SCHED_IDLE);
}
