// SPDX-License-Identifier: Apache-2.0
/*
 * A forbidden file is moved to where the agent may read it.
 * technique: Rename of a forbidden file into an allowed directory
 * stopped by: `path_rename`
 * expect: operation=rename reason=no_rule
 */
#include "escape.h"

#include <stdio.h>

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
	(void)rename(key, name);
	return escape_if(escape_holds(name, "key"));
}
