// SPDX-License-Identifier: Apache-2.0
/*
 * A proc of its own, under a path that is allowed, has every process in it.
 * technique: mount(2) of proc in the allowed tree
 * stopped by: `sb_mount`
 * expect: operation=mount reason=guardrail
 */
#include "escape.h"

#include <stdio.h>
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
	char target[ESCAPE_PATH_SIZE], file[ESCAPE_PATH_SIZE + 16];
	int result;

	(void)secret;
	escape_path(target, box, "target");
	(void)snprintf(file, sizeof(file), "%s/1/stat", target);
	(void)mount("proc", target, "proc", 0, NULL);
	result = escape_if(!access(file, F_OK));
	(void)umount2(target, MNT_DETACH);
	return result;
}
