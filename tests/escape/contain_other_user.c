// SPDX-License-Identifier: Apache-2.0
/*
 * Another user's rights: files of that user, its processes, its quota.
 * technique: setresuid(2)
 * stopped by: `capable`: CAP_SETUID is not the role's
 * expect: operation=capability reason=no_rule object=CAP_SETUID
 */
#include "escape.h"

#include <unistd.h>

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
	(void)setresuid(65534, 65534, 65534);
	return escape_if(geteuid() == 65534);
}
