// SPDX-License-Identifier: Apache-2.0
/*
 * A file without a name is made and written in an allowed directory, and then gets a name in a
 * forbidden one: no open there, and no creation by open.
 * technique: O_TMPFILE, then a link
 * stopped by: `path_link`
 * expect: operation=link reason=no_rule
 */
#include "escape.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int escape_prepare(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	return 0;
}

int escape_attempt(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE], link[64];
	int fd = open(box, O_TMPFILE | O_RDWR | O_CLOEXEC, 0644);

	if (fd < 0)
		return errno == EOPNOTSUPP ? escape_skip("this file system has no O_TMPFILE")
					   : escape_error(box);
	escape_path(path, secret, "planted");
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	(void)linkat(AT_FDCWD, link, AT_FDCWD, path, AT_SYMLINK_FOLLOW);
	return escape_if(!access(path, F_OK));
}
