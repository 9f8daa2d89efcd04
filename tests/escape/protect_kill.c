// SPDX-License-Identifier: Apache-2.0
/*
 * writd is stopped by a signal: events would wait until the ring is full.
 * technique: SIGSTOP to writd
 * stopped by: `task_kill`
 * expect: operation=signal reason=protected
 */
#include "own.h"

#include <signal.h>

int escape_prepare(const char *box, const char *secret)
{
	(void)secret;
	return own_prepare_pid(box);
}

int escape_attempt(const char *box, const char *secret)
{
	pid_t writd = own_pid(box);
	bool stopped = !kill(writd, SIGSTOP);

	(void)secret;
	if (stopped)
		(void)kill(writd, SIGCONT);
	return escape_if(stopped);
}
