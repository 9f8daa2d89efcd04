// SPDX-License-Identifier: Apache-2.0
/*
 * The agent opens a file that nothing allows: the act that every other technique tries to reach.
 * technique: Plain open of a forbidden file
 * stopped by: `file_open`
 * expect: operation=open reason=no_rule
 */
#include "escape.h"

int escape_prepare(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];

	(void)box;
	escape_path(path, secret, "key");
	return escape_write(path, "key");
}

int escape_attempt(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];

	(void)box;
	escape_path(path, secret, "key");
	return escape_if(escape_holds(path, "key"));
}
