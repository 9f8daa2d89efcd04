// SPDX-License-Identifier: Apache-2.0
/*
 * The agent stands in the forbidden directory (chdir asks nobody) and opens by /proc/self/cwd: a
 * path that no rule names.
 * technique: /proc/self/cwd as a path
 * stopped by: `file_open`
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
	(void)box;
	if (chdir(secret))
		return escape_error(secret);
	return escape_if(escape_holds("/proc/self/cwd/key", "key"));
}
