// SPDX-License-Identifier: Apache-2.0
/*
 * A mount namespace of its own, in which it may do as it likes.
 * technique: unshare(CLONE_NEWNS)
 * stopped by: `capable`: CAP_SYS_ADMIN is not the role's
 * expect: operation=capability reason=no_rule object=CAP_SYS_ADMIN
 */
#include "escape.h"

#include <sched.h>
#include <stdlib.h>
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
	char before[64] = "", after[64] = "";

	(void)box;
	(void)secret;
	if (readlink("/proc/self/ns/mnt", before, sizeof(before) - 1) < 0)
		return escape_error("readlink");
	(void)unshare(CLONE_NEWNS);
	(void)!readlink("/proc/self/ns/mnt", after, sizeof(after) - 1);
	return escape_if(strcmp(before, after));
}
