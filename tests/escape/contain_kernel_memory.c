// SPDX-License-Identifier: Apache-2.0
/*
 * A device node for /dev/mem stands where every file may be read.
 * technique: /dev/mem under a name that is allowed
 * stopped by: `file_open`: by the device, whatever its name
 * expect: operation=open reason=guardrail
 */
#include "escape.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int escape_prepare(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];

	(void)secret;
	escape_path(path, box, "memory");
	return mknod(path, S_IFCHR | 0600, makedev(1, 1)) ? -errno : 0;
}

int escape_attempt(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE], byte;
	int fd;

	(void)secret;
	escape_path(path, box, "memory");
	fd = open(path, O_RDONLY);
	return escape_if(fd >= 0 && read(fd, &byte, 1) == 1);
}
