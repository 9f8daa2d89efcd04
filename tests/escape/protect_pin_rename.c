// SPDX-License-Identifier: Apache-2.0
/*
 * A pin is moved to another name, and the next start would not find it.
 * technique: Rename of a pin
 * stopped by: `path_rename`
 * expect: operation=rename reason=protected
 */
#include "own.h"

#include <stdio.h>

int escape_prepare(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	return 0;
}

int escape_attempt(const char *box, const char *secret)
{
	static const char from[] = OWN_PINS "/links/task_alloc", to[] = OWN_PINS "/links/away";
	bool moved;

	(void)box;
	(void)secret;
	own_claim();
	moved = !rename(from, to) && !access(to, F_OK);
	if (moved)
		(void)rename(to, from);
	return escape_if(moved);
}
