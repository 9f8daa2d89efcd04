// SPDX-License-Identifier: Apache-2.0
/*
 * Lines of its own in the kernel's log, by /dev/kmsg.
 * technique: Writing to the kernel's log
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
	escape_path(path, box, "kmsg");
	return mknod(path, S_IFCHR | 0600, makedev(1, 11)) ? -errno : 0;
}

int escape_attempt(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];
	int fd;

	(void)secret;
	escape_path(path, box, "kmsg");
	fd = open(path, O_WRONLY);
	return escape_if(fd >= 0 && write(fd, "<7>forged\n", 10) == 10);
}
