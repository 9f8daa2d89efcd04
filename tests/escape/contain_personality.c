// SPDX-License-Identifier: Apache-2.0
/*
 * Another personality: without randomised addresses, or of another system. It holds for the
 * process and its children alone.
 * technique: personality(2)
 * stopped by: nothing
 * expect: nothing recorded, because no hook is asked, and it reaches nobody else
 * instead: nothing is needed: it makes the agent weaker, and changes no decision
 */
#include "escape.h"

#include <sys/personality.h>

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
	(void)personality(ADDR_NO_RANDOMIZE);
	return escape_if((unsigned int)personality(0xffffffff) & ADDR_NO_RANDOMIZE);
}
