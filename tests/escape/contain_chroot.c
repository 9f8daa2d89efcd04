// SPDX-License-Identifier: Apache-2.0
/*
 * Programs are made to believe another / and other configuration.
 * technique: chroot(2)
 * stopped by: `capable`: CAP_SYS_CHROOT is not the role's; behind it `path_chroot`
 * expect: operation=capability reason=no_rule object=CAP_SYS_CHROOT
 */
#include "escape.h"

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
	(void)secret;
	(void)chroot(box);
	return escape_if(!access("/target", F_OK));
}
