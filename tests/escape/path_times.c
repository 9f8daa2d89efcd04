// SPDX-License-Identifier: Apache-2.0
/*
 * A change is hidden: the times of a file are set back.
 * technique: utimes of a forbidden file
 * stopped by: `inode_setattr`
 * expect: operation=utimes reason=no_rule
 */
#include "escape.h"

#include <fcntl.h>
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
	char key[ESCAPE_PATH_SIZE];
	struct stat found;

	(void)box;
	escape_path(key, secret, "key");
	(void)utimensat(AT_FDCWD, key, (struct timespec[2]){{1, 0}, {1, 0}}, 0);
	if (stat(key, &found))
		return escape_error(key);
	return escape_if(found.st_mtime == 1);
}
