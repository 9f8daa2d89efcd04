// SPDX-License-Identifier: Apache-2.0
/*
 * A pipe with a name is made where a service expects its own.
 * technique: Named pipe in a forbidden place
 * stopped by: `path_mknod`
 * expect: operation=mknod reason=no_rule
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
	escape_path(path, secret, "pipe");
	(void)mkfifo(path, 0600);
	return escape_if(!access(path, F_OK));
}
