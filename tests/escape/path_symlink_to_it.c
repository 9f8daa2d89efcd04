// SPDX-License-Identifier: Apache-2.0
/*
 * A symbolic link in an allowed directory leads to the forbidden file.
 * technique: Symbolic link to a forbidden file
 * stopped by: `file_open`: paths are judged with links resolved
 * expect: operation=open reason=no_rule
 */
#include "escape.h"

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
	char key[ESCAPE_PATH_SIZE], name[ESCAPE_PATH_SIZE];

	escape_path(key, secret, "key");
	escape_path(name, box, "key");
	if (symlink(key, name))
		return escape_error(name);
	return escape_if(escape_holds(name, "key"));
}
