// SPDX-License-Identifier: Apache-2.0
/*
 * A file system of its own is mounted over somebody else's directory: what others read there
 * is then the agent's.
 * technique: mount(2) over a directory of others
 * stopped by: `sb_mount`
 * expect: operation=mount reason=guardrail
 */
#include "escape.h"

#include <sys/mount.h>
#include <sys/stat.h>
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
	char key[ESCAPE_PATH_SIZE];
	int result;

	(void)box;
	escape_path(key, secret, "key");
	(void)mount("none", secret, "tmpfs", 0, NULL);
	result = escape_if(access(key, F_OK));
	(void)umount2(secret, MNT_DETACH);
	return result;
}
