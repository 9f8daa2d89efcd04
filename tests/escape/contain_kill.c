// SPDX-License-Identifier: Apache-2.0
/*
 * A process outside is ended.
 * technique: kill(2) of a process outside
 * stopped by: `task_kill`
 * expect: operation=signal reason=guardrail
 */
#include "escape.h"

#include <poll.h>
#include <signal.h>
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

/* Ended, whether or not somebody has asked for its status. */
static bool is_gone(pid_t victim)
{
	struct pollfd wait = {.fd = (int)syscall(SYS_pidfd_open, victim, 0), .events = POLLIN};

	return wait.fd < 0 ? errno == ESRCH : poll(&wait, 1, 500) == 1;
}

int escape_attempt(const char *box, const char *secret)
{
	pid_t victim = escape_victim_pid(box);

	(void)secret;
	(void)kill(victim, SIGKILL);
	return escape_if(is_gone(victim));
}
