// SPDX-License-Identifier: Apache-2.0
/*
 * The forbidden file becomes the property of a user that the agent can be.
 * technique: chown of a forbidden file
 * stopped by: `path_chown`
 * expect: operation=chown reason=no_rule
 */
#include "escape.h"

#include <sys/stat.h>
#include <unistd.h>

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
	(void)chown(key, 1000, 1000);
	if (stat(key, &found))
		return escape_error(key);
	return escape_if(found.st_uid == 1000);
}
