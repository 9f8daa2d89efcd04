// SPDX-License-Identifier: Apache-2.0
/*
 * The host's name is changed for everybody.
 * technique: sethostname(2)
 * stopped by: `capable`: CAP_SYS_ADMIN is not the role's
 * expect: operation=capability reason=no_rule object=CAP_SYS_ADMIN
 */
#include "escape.h"

#include <string.h>
#include <unistd.h>

int escape_prepare(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	return 0;
}

int escape_attempt(const char *box, const char *secret)
{
	char before[256] = "", after[256] = "";
	bool changed;

	(void)box;
	(void)secret;
	if (gethostname(before, sizeof(before) - 1))
		return escape_error("gethostname");
	(void)sethostname("escaped", 7);
	changed = !gethostname(after, sizeof(after) - 1) && !strcmp(after, "escaped");
	(void)sethostname(before, strlen(before));
	return escape_if(changed);
}
