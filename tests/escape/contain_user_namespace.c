// SPDX-License-Identifier: Apache-2.0
/*
 * In a user namespace its maker has every capability, and may mount in a mount namespace below
 * it.
 * technique: unshare(CLONE_NEWUSER)
 * stopped by: `userns_create`
 * expect: operation=namespace reason=guardrail
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
	if (readlink("/proc/self/ns/user", before, sizeof(before) - 1) < 0)
		return escape_error("readlink");
	(void)unshare(CLONE_NEWUSER);
	(void)!readlink("/proc/self/ns/user", after, sizeof(after) - 1);
	return escape_if(strcmp(before, after));
}
