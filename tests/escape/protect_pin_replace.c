// SPDX-License-Identifier: Apache-2.0
/*
 * A map of one's own takes the place of a pin, in one exchange.
 * technique: Exchange of a pin with another object
 * stopped by: `path_rename`
 * expect: operation=rename reason=protected
 */
#include "own.h"

#include <stdio.h>
#include <sys/stat.h>

#include <fcntl.h>

int escape_prepare(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	return 0;
}

int escape_attempt(const char *box, const char *secret)
{
	static const char other[] = OWN_PINS "/maps/counters", pin[] = OWN_PINS "/links/task_alloc";
	struct stat before = {0}, after = {0};
	bool replaced;

	(void)box;
	(void)secret;
	own_await(pin);
	own_claim();
	(void)stat(pin, &before);
	replaced = !renameat2(AT_FDCWD, other, AT_FDCWD, pin, RENAME_EXCHANGE) &&
		   !stat(pin, &after) && before.st_ino != after.st_ino;
	if (replaced)
		(void)renameat2(AT_FDCWD, other, AT_FDCWD, pin, RENAME_EXCHANGE);
	return escape_if(replaced);
}
