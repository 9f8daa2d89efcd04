// SPDX-License-Identifier: Apache-2.0
/*
 * A file that the agent may not open is emptied by its path: truncate(2) opens nothing.
 * technique: truncate(2) of a forbidden file
 * stopped by: `inode_setattr`
 * expect: operation=truncate reason=no_rule
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
	(void)truncate(key, 0);
	if (stat(key, &found))
		return escape_error(key);
	return escape_if(!found.st_size);
}
