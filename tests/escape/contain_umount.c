// SPDX-License-Identifier: Apache-2.0
/*
 * A mount that hides what lies below it is taken away.
 * technique: umount(2) of what hides something
 * stopped by: `capable`: CAP_SYS_ADMIN is not the role's; behind it `sb_umount`
 * expect: operation=capability reason=no_rule object=CAP_SYS_ADMIN
 */
#include "escape.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

int escape_prepare(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];
	int err;

	(void)box;
	escape_path(path, secret, "key");
	err = escape_write(path, "key");
	return !err && mount("none", secret, "tmpfs", 0, NULL) ? -errno : err;
}

int escape_attempt(const char *box, const char *secret)
{
	char key[ESCAPE_PATH_SIZE];

	(void)box;
	escape_path(key, secret, "key");
	(void)umount2(secret, MNT_DETACH);
	return escape_if(!access(key, F_OK));
}
