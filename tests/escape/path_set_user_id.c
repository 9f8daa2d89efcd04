// SPDX-License-Identifier: Apache-2.0
/*
 * A program of root gets the bit that makes everybody root who runs it.
 * technique: chmod of a forbidden file: set-user-id
 * stopped by: `path_chmod`
 * expect: operation=chmod reason=no_rule
 */
#include "escape.h"

#include <sys/stat.h>

int escape_prepare(const char *box, const char *secret)
{
	char key[ESCAPE_PATH_SIZE];

	(void)box;
	escape_path(key, secret, "key");
	return escape_write(key, "key");
}

int escape_attempt(const char *box, const char *secret)
{
	char key[ESCAPE_PATH_SIZE];
	struct stat found;

	(void)box;
	escape_path(key, secret, "key");
	(void)chmod(key, 04755);
	if (stat(key, &found))
		return escape_error(key);
	return escape_if(found.st_mode & S_ISUID);
}
