// SPDX-License-Identifier: Apache-2.0
/*
 * A file system is made and used by descriptors alone: it is mounted nowhere, so `mount` is
 * not asked.
 * technique: fsopen(2), fsconfig(2), fsmount(2)
 * stopped by: `capable`: CAP_SYS_ADMIN is not the role's; behind it `sb_kern_mount`
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
	(void)box;
	(void)secret;
	return 0;
}

int escape_attempt(const char *box, const char *secret)
{
	int fs = (int)syscall(SYS_fsopen, "tmpfs", 0u), mount;

	(void)box;
	(void)secret;
	if (fs < 0 || syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return ESCAPE_REFUSED;
	mount = (int)syscall(SYS_fsmount, fs, 0u, 0u);
	return escape_if(mount >= 0 && !mkdirat(mount, "made", 0755));
}
