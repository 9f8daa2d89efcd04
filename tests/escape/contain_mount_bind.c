// SPDX-License-Identifier: Apache-2.0
/*
 * The secret is mounted a second time, where every path is allowed.
 * technique: mount(2) --bind into the allowed tree
 * stopped by: `sb_mount`
 * expect: operation=mount reason=guardrail
 */
#include "escape.h"

#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

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
	char target[ESCAPE_PATH_SIZE], key[ESCAPE_PATH_SIZE + 8];
	int result;

	escape_path(target, box, "target");
	(void)snprintf(key, sizeof(key), "%s/key", target);
	(void)mount(secret, target, NULL, MS_BIND, NULL);
	result = escape_if(escape_holds(key, "key"));
	(void)umount2(target, MNT_DETACH);
	return result;
}
