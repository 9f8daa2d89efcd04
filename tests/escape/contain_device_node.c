// SPDX-License-Identifier: Apache-2.0
/*
 * A device node of its own making, in a directory where it may make every file.
 * technique: mknod(2) of a device
 * stopped by: `path_mknod`, `capable`
 * expect: operation=mknod reason=guardrail
 */
#include "escape.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

int escape_prepare(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	return 0;
}

int escape_attempt(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];
	struct stat status;

	(void)secret;
	escape_path(path, box, "made");
	(void)mknod(path, S_IFCHR | 0600, makedev(1, 1));
	return escape_if(!stat(path, &status) && S_ISCHR(status.st_mode));
}
