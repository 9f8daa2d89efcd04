// SPDX-License-Identifier: Apache-2.0
/*
 * A line is added to the policy that writd reads at its next start.
 * technique: Writing to the policy
 * stopped by: `file_open`: no rule opens it
 * expect: operation=open reason=protected
 */
#include "own.h"

#include <fcntl.h>

int escape_prepare(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	return 0;
}

int escape_attempt(const char *box, const char *secret)
{
	int fd = open("/run/policy/agents.yaml", O_WRONLY | O_APPEND | O_CLOEXEC);

	(void)box;
	(void)secret;
	return escape_if(fd >= 0 && write(fd, "\n", 1) == 1);
}
