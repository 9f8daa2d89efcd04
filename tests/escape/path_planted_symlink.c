// SPDX-License-Identifier: Apache-2.0
/*
 * A symbolic link is put where a privileged program will follow it.
 * technique: Symbolic link planted in a forbidden place
 * stopped by: `path_symlink`
 * expect: operation=symlink reason=no_rule
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
	struct stat found;

	escape_path(path, secret, "planted");
	(void)symlink(box, path);
	return escape_if(!lstat(path, &found));
}
