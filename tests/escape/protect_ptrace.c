// SPDX-License-Identifier: Apache-2.0
/*
 * writd is traced, and could be made to do anything.
 * technique: ptrace(PTRACE_SEIZE) of writd
 * stopped by: `ptrace_access_check`
 * expect: operation=ptrace reason=protected
 */
#include "own.h"

#include <sys/ptrace.h>

int escape_prepare(const char *box, const char *secret)
{
	(void)secret;
	return own_prepare_pid(box);
}

int escape_attempt(const char *box, const char *secret)
{
	pid_t writd = own_pid(box);
	bool traced;

	(void)secret;
	own_claim();
	traced = !ptrace(PTRACE_SEIZE, writd, NULL, NULL);
	if (traced)
		(void)ptrace(PTRACE_DETACH, writd, NULL, NULL);
	return escape_if(traced);
}
