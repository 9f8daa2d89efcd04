// SPDX-License-Identifier: Apache-2.0
/*
 * The lock file is opened, which keeps the next writd from starting when it is locked.
 * technique: Writing to the lock of the node
 * stopped by: `file_open`: no rule opens it
 * expect: operation=open reason=protected
 */
#include "own.h"

#include <fcntl.h>

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
	return escape_if(open("/run/writ/writd.lock", O_RDWR | O_CLOEXEC) >= 0);
}
