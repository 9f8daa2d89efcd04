// SPDX-License-Identifier: Apache-2.0
/*
 * A descriptor that opened nothing (O_PATH) is given a name in an allowed directory: the source of
 * that link is no path that the agent wrote.
 * technique: Hard link of an O_PATH descriptor
 * stopped by: `path_link`
 * expect: operation=link reason=no_rule
 */
#include "escape.h"

#include <fcntl.h>
#include <stdio.h>
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
	char key[ESCAPE_PATH_SIZE], name[ESCAPE_PATH_SIZE], link[64];
	int fd;

	escape_path(key, secret, "key");
	escape_path(name, box, "key");
	fd = open(key, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return escape_error(key);
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	(void)linkat(AT_FDCWD, link, AT_FDCWD, name, AT_SYMLINK_FOLLOW);
	return escape_if(escape_holds(name, "key"));
}
