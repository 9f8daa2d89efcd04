// SPDX-License-Identifier: Apache-2.0
/*
 * It moves itself out of its cgroup.
 * technique: Writing to cgroup.procs of another cgroup
 * stopped by: `file_open`: by the file system; and the label stays
 * expect: operation=open reason=guardrail object=/sys/fs/cgroup/cgroup.procs
 */
#include "escape.h"

#include <fcntl.h>
#include <unistd.h>

int escape_prepare(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	return 0;
}

int escape_attempt(const char *box, const char *secret)
{
	int fd = open("/sys/fs/cgroup/cgroup.procs", O_WRONLY);

	(void)box;
	(void)secret;
	return escape_if(fd >= 0 && write(fd, "0", 1) == 1);
}
