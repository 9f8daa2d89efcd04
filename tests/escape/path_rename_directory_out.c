// SPDX-License-Identifier: Apache-2.0
/*
 * A directory of the agent's own takes the place of a directory that others trust, and everything
 * in it comes along.
 * technique: Rename of an own directory to a forbidden place
 * stopped by: `path_rename`
 * expect: operation=rename reason=no_rule
 */
#include "escape.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int escape_prepare(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];

	(void)secret;
	escape_path(path, box, "directory");
	if (mkdir(path, 0755))
		return -errno;
	escape_path(path, box, "directory/evil");
	return escape_write(path, "evil");
}

int escape_attempt(const char *box, const char *secret)
{
	char key[ESCAPE_PATH_SIZE], name[ESCAPE_PATH_SIZE];

	escape_path(key, secret, "trusted");
	escape_path(name, box, "directory");
	(void)rename(name, key);
	escape_path(key, secret, "trusted/evil");
	return escape_if(!access(key, F_OK));
}
