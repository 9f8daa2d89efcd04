// SPDX-License-Identifier: Apache-2.0
/*
 * The open that creates a file is refused; before, an empty file stayed behind, which is enough
 * for a flag that others look for.
 * technique: A refused O_CREAT leaves the file
 * stopped by: `path_mknod`
 * expect: operation=mknod reason=no_rule
 */
#include "escape.h"

#include <fcntl.h>
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
	int fd;

	(void)box;
	escape_path(path, secret, "flag");
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd >= 0)
		(void)close(fd);
	return escape_if(!access(path, F_OK));
}
