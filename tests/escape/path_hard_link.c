// SPDX-License-Identifier: Apache-2.0
/*
 * A forbidden file gets a second name in a directory where the agent may read everything.
 * technique: Hard link of a forbidden file into an allowed directory
 * stopped by: `path_link`
 * expect: operation=link reason=no_rule
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
	(void)link(key, name);
	return escape_if(escape_holds(name, "key"));
}
