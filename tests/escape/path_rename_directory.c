// SPDX-License-Identifier: Apache-2.0
/*
 * The directory above a forbidden file is moved: no path of the file itself is named.
 * technique: Rename of the directory above a forbidden file
 * stopped by: `path_rename`
 * expect: operation=rename reason=no_rule
 */
#include "escape.h"

#include <stdio.h>
#include <sys/stat.h>

int escape_prepare(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];

	(void)box;
	escape_path(path, secret, "directory");
	if (mkdir(path, 0755))
		return -errno;
	escape_path(path, secret, "directory/key");
	return escape_write(path, "key");
}

int escape_attempt(const char *box, const char *secret)
{
	char key[ESCAPE_PATH_SIZE], name[ESCAPE_PATH_SIZE];

	escape_path(key, secret, "directory");
	escape_path(name, box, "moved");
	(void)rename(key, name);
	escape_path(name, box, "moved/key");
	return escape_if(escape_holds(name, "key"));
}
