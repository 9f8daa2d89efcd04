// SPDX-License-Identifier: Apache-2.0
/*
 * A directory of others is moved to a path that is allowed.
 * technique: move_mount(2) of what is mounted elsewhere
 * stopped by: `capable`: CAP_SYS_ADMIN is not the role's; behind it `move_mount`
 * expect: operation=capability reason=no_rule object=CAP_SYS_ADMIN
 */
#include "escape.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int escape_prepare(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];

	escape_path(path, box, "target");
	if (mkdir(path, 0755) || mount("none", secret, "tmpfs", 0, NULL))
		return -errno;
	escape_path(path, secret, "key");
	return escape_write(path, "key");
}

int escape_attempt(const char *box, const char *secret)
{
	int tree = (int)syscall(SYS_open_tree, AT_FDCWD, secret, 0u), result;
	char target[ESCAPE_PATH_SIZE], key[ESCAPE_PATH_SIZE + 8];

	if (tree < 0)
		return escape_error("open_tree");
	escape_path(target, box, "target");
	(void)snprintf(key, sizeof(key), "%s/key", target);
	(void)syscall(SYS_move_mount, tree, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH);
	result = escape_if(escape_holds(key, "key"));
	(void)umount2(target, MNT_DETACH);
	return result;
}
