// SPDX-License-Identifier: Apache-2.0
/*
 * A detached copy of a mount has no path that rules know, and a descriptor leads into it.
 * technique: open_tree(OPEN_TREE_CLONE)
 * stopped by: `capable`: CAP_SYS_ADMIN is not the role's; behind it the file's path,
 *   `detached`
 * expect: operation=capability reason=no_rule object=CAP_SYS_ADMIN
 */
#include "escape.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int escape_prepare(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];
	int err;

	escape_path(path, secret, "key");
	err = escape_write(path, "key");
	escape_path(path, box, "target");
	return mkdir(path, 0755) ? -errno : err;
}

int escape_attempt(const char *box, const char *secret)
{
	int tree = (int)syscall(SYS_open_tree, AT_FDCWD, secret, OPEN_TREE_CLONE), key;

	(void)box;
	if (tree < 0)
		return ESCAPE_REFUSED;
	key = openat(tree, "key", O_RDONLY);
	return escape_if(key >= 0 && escape_reads(key, "key"));
}
