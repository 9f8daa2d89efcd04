// SPDX-License-Identifier: Apache-2.0
/*
 * Where its own arguments and heap are, as it likes: monitors that read them are misled.
 * technique: prctl(PR_SET_MM)
 * stopped by: `capable`: CAP_SYS_RESOURCE is not the role's
 * expect: operation=capability reason=no_rule object=CAP_SYS_RESOURCE
 */
#include "escape.h"

#include <sys/auxv.h>
#include <sys/prctl.h>

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
	return escape_if(!prctl(PR_SET_MM, PR_SET_MM_ENV_END, getauxval(AT_EXECFN), 0, 0));
}
