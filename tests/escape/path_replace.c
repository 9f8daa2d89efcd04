// SPDX-License-Identifier: Apache-2.0
/*
 * A file of the agent takes the place of one that it may not write.
 * technique: Rename over a forbidden file
 * stopped by: `path_rename`
 * expect: operation=rename reason=no_rule
 */
#include "escape.h"

#include <stdio.h>
#include <sys/stat.h>

int escape_prepare(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];
	int err;

	escape_path(path, secret, "key");
	err = escape_write(path, "key");
	escape_path(path, box, "replacement");
	return err ? err : escape_write(path, "replacement");
}

int escape_attempt(const char *box, const char *secret)
{
	char key[ESCAPE_PATH_SIZE], name[ESCAPE_PATH_SIZE];
	struct stat found;

	escape_path(key, secret, "key");
	escape_path(name, box, "replacement");
	(void)rename(name, key);
	if (stat(key, &found))
		return escape_error(key);
	return escape_if(found.st_size == sizeof("replacement") - 1);
}
