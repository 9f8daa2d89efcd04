// SPDX-License-Identifier: Apache-2.0
/*
 * A directory is made where others look for configuration.
 * technique: New directory in a forbidden place
 * stopped by: `path_mkdir`
 * expect: operation=mkdir reason=no_rule
 */
#include "escape.h"

#include <sys/stat.h>
#include <unistd.h>

int escape_prepare(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	return 0;
}

int escape_attempt(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];

	(void)box;
	escape_path(path, secret, "planted.d");
	(void)mkdir(path, 0755);
	return escape_if(!access(path, F_OK));
}
