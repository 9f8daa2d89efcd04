// SPDX-License-Identifier: Apache-2.0
/*
 * The pin that keeps task_alloc attached is removed.
 * technique: Unlink of a pin
 * stopped by: `path_unlink`
 * expect: operation=unlink reason=protected
 */
#include "own.h"

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
	own_await(OWN_PINS "/links/task_alloc");
	own_claim();
	return escape_if(!unlink(OWN_PINS "/links/task_alloc") &&
			 access(OWN_PINS "/links/task_alloc", F_OK));
}
