// SPDX-License-Identifier: Apache-2.0
/*
 * O_PATH opens nothing, so no hook is asked; the descriptor is opened for reading afterwards, by
 * /proc.
 * technique: O_PATH descriptor reopened by /proc/self/fd
 * stopped by: `file_open`
 * expect: operation=open reason=no_rule
 */
#include "escape.h"

#include <fcntl.h>
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
	char path[ESCAPE_PATH_SIZE], link[64];
	int fd;

	(void)box;
	escape_path(path, secret, "key");
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return escape_error(path);
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return escape_if(escape_holds(link, "key"));
}
