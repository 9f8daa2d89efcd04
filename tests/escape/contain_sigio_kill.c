// SPDX-License-Identifier: Apache-2.0
/*
 * F_SETOWN and F_SETSIG make the kernel send SIGKILL to another process when a pipe gets data: no
 * kill(2), and so no `task_kill`.
 * technique: SIGKILL by a file's owner (F_SETOWN, F_SETSIG)
 * stopped by: `file_fcntl`: an agent's descriptors signal the agent alone
 * expect: operation=owner reason=guardrail
 */
#include "escape.h"

#include <fcntl.h>
#include <signal.h>
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
	int ends[2];

	(void)secret;
	if (pipe(ends))
		return escape_error("pipe");
	if (fcntl(ends[0], F_SETOWN, victim) || fcntl(ends[0], F_SETSIG, SIGKILL) ||
	    fcntl(ends[0], F_SETFL, O_ASYNC) || write(ends[1], "x", 1) != 1)
		return ESCAPE_REFUSED;
	for (int i = 0; i < 100 && !kill(victim, 0); i++)
		escape_sleep_ms(5);
	return escape_if(kill(victim, 0) && errno == ESRCH);
}
