// SPDX-License-Identifier: Apache-2.0
/*
 * A directory that others need is removed.
 * technique: Removal of a forbidden directory
 * stopped by: `path_rmdir`
 * expect: operation=rmdir reason=no_rule
 */
#include "escape.h"

#include <sys/stat.h>
#include <unistd.h>

int escape_prepare(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];

	(void)box;
	escape_path(path, secret, "empty");
	return mkdir(path, 0755) ? -errno : 0;
}

int escape_attempt(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];

	(void)box;
	escape_path(path, secret, "empty");
	(void)rmdir(path);
	return escape_if(access(path, F_OK));
}
