// SPDX-License-Identifier: Apache-2.0
/*
 * Before everybody else: a priority of its own that only root may have.
 * technique: A higher priority for itself
 * stopped by: `capable`: CAP_SYS_NICE is not the role's
 * expect: operation=capability reason=no_rule object=CAP_SYS_NICE
 */
#include "escape.h"

#include <sys/resource.h>

int escape_prepare(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	return 0;
}

int escape_attempt(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	(void)setpriority(PRIO_PROCESS, 0, -15);
	return escape_if(getpriority(PRIO_PROCESS, 0) == -15);
}
