// SPDX-License-Identifier: Apache-2.0
/*
 * A file that the agent may not touch is removed.
 * technique: Unlink of a forbidden file
 * stopped by: `path_unlink`
 * expect: operation=unlink reason=no_rule
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
	char key[ESCAPE_PATH_SIZE];

	(void)box;
	escape_path(key, secret, "key");
	(void)unlink(key);
	return escape_if(access(key, F_OK));
}
