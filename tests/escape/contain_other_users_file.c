// SPDX-License-Identifier: Apache-2.0
/*
 * A file that its owner keeps to itself, in a place where rules allow all: root reads it none
 * the less.
 * technique: A file that its mode forbids
 * stopped by: `capable`: CAP_DAC_OVERRIDE is not the role's
 * expect: operation=capability reason=no_rule object=CAP_DAC_OVERRIDE
 */
#include "escape.h"

#include <sys/stat.h>
#include <unistd.h>

int escape_prepare(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];
	int err;

	(void)secret;
	escape_path(path, box, "private");
	err = escape_write(path, "private");
	return !err && (chown(path, 65534, 65534) || chmod(path, 0600)) ? -errno : err;
}

int escape_attempt(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];

	(void)secret;
	escape_path(path, box, "private");
	return escape_if(escape_holds(path, "private"));
}
