// SPDX-License-Identifier: Apache-2.0
/*
 * A process outside is stopped, read and made to do what the tracer wants.
 * technique: ptrace(PTRACE_ATTACH) to a process outside
 * stopped by: `ptrace_access_check`
 * expect: operation=ptrace reason=guardrail
 */
#include "escape.h"

#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
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
	struct user_regs_struct registers = {0};
	pid_t victim = escape_victim_pid(box);

	(void)secret;
	if (ptrace(PTRACE_ATTACH, victim, NULL, NULL))
		return ESCAPE_REFUSED;
	if (waitpid(victim, NULL, __WALL) != victim)
		return escape_error("waitpid");
	return escape_if(!ptrace(PTRACE_GETREGS, victim, NULL, &registers) && registers.rip);
}
