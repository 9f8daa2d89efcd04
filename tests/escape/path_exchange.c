// SPDX-License-Identifier: Apache-2.0
/*
 * Two files change places in one step: the forbidden one comes to lie where the agent may read,
 * and neither name is made or removed.
 * technique: Exchange of two names (RENAME_EXCHANGE)
 * stopped by: `path_rename`
 * expect: operation=rename reason=no_rule
 */
#include "escape.h"

#include <fcntl.h>
#include <stdio.h>

int escape_prepare(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];
	int err;

	escape_path(path, secret, "key");
	err = escape_write(path, "key");
	escape_path(path, box, "bait");
	return err ? err : escape_write(path, "bait");
}

int escape_attempt(const char *box, const char *secret)
{
	char key[ESCAPE_PATH_SIZE], name[ESCAPE_PATH_SIZE];

	escape_path(key, secret, "key");
	escape_path(name, box, "bait");
	(void)renameat2(AT_FDCWD, name, AT_FDCWD, key, RENAME_EXCHANGE);
	return escape_if(escape_holds(name, "key"));
}
