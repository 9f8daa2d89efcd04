// SPDX-License-Identifier: Apache-2.0
/*
 * The kernel is told to pipe core files into the agent's script, and a child crashes: the script
 * runs as root, outside of every agent.
 * technique: core_pattern: a crash starts a program of the agent's outside
 * stopped by: `file_open`
 * expect: operation=open reason=no_rule object=/proc/sys/kernel/core_pattern
 */
#include "escape.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define PATTERN "/proc/sys/kernel/core_pattern"

int escape_prepare(const char *box, const char *secret)
{
	return escape_handler(box, secret);
}

int escape_attempt(const char *box, const char *secret)
{
	char pattern[ESCAPE_PATH_SIZE + 16];
	bool handled;
	pid_t child;

	(void)secret;
	(void)snprintf(pattern, sizeof(pattern), "|%s/handler", box);
	(void)escape_write(PATTERN, pattern);
	child = fork();
	if (!child)
		(void)raise(SIGABRT);
	if (child < 0 || escape_wait(child) >= 0)
		return escape_error("the child did not crash");
	handled = escape_handled(box);
	(void)escape_write(PATTERN, "core");
	return escape_if(handled);
}
