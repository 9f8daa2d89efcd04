// SPDX-License-Identifier: Apache-2.0
/*
 * An attribute that other programs act on is put on a forbidden file.
 * technique: setxattr of a forbidden file
 * stopped by: `inode_setxattr`
 * expect: operation=xattr reason=no_rule
 * needs: a kernel whose tmpfs has user attributes (6.6)
 */
#include "escape.h"

#include <sys/xattr.h>

int escape_prepare(const char *box, const char *secret)
{
	char key[ESCAPE_PATH_SIZE];

	(void)box;
	escape_path(key, secret, "key");
	return escape_write(key, "key");
}

int escape_attempt(const char *box, const char *secret)
{
	char key[ESCAPE_PATH_SIZE], value[2];

	(void)box;
	escape_path(key, secret, "key");
	if (setxattr(key, "user.writ", "v", 1, 0) && errno == EOPNOTSUPP)
		return escape_skip("this file system has no user attributes");
	return escape_if(getxattr(key, "user.writ", value, sizeof(value)) == 1);
}
