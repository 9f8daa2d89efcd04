// SPDX-License-Identifier: Apache-2.0
/*
 * Without opening anything: is a forbidden file there, how large is it, when was it changed, and
 * whose is it?
 * technique: stat(2) of forbidden files: presence, size, times, owner
 * stopped by: nothing
 * expect: nothing recorded, because looking at attributes is not mediated
 * instead: run the agent as a user whom the directory's mode keeps out
 */
#include "escape.h"

#include <sys/stat.h>

int escape_prepare(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];

	(void)box;
	escape_path(path, secret, "key");
	return escape_write(path, "seven b");
}

int escape_attempt(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];
	struct stat status;

	(void)box;
	escape_path(path, secret, "key");
	return escape_if(!stat(path, &status) && status.st_size == 7);
}
