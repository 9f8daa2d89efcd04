// SPDX-License-Identifier: Apache-2.0
/*
 * The times are set through a descriptor that opened nothing.
 * technique: utimes by an O_PATH descriptor
 * stopped by: `inode_setattr`
 * expect: operation=utimes reason=no_rule
 */
#include "escape.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

int escape_prepare(const char *box, const char *secret)
{
	char key[ESCAPE_PATH_SIZE];

	(void)box;
	escape_path(key, secret, "key");
	return escape_write(key, "key");
}

int escape_attempt(const char *box, const char *secret)
{
	char key[ESCAPE_PATH_SIZE], link[64];
	struct stat found;
	int fd;

	(void)box;
	escape_path(key, secret, "key");
	fd = open(key, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return escape_error(key);
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	(void)utimensat(AT_FDCWD, link, (struct timespec[2]){{1, 0}, {1, 0}}, 0);
	if (fstat(fd, &found))
		return escape_error(key);
	return escape_if(found.st_mtime == 1);
}
