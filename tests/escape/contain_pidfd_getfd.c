// SPDX-License-Identifier: Apache-2.0
/*
 * A descriptor is taken out of a process that may have the file.
 * technique: pidfd_getfd(2) from a process outside
 * stopped by: `ptrace_access_check`
 * expect: operation=ptrace reason=guardrail
 */
#include "escape.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KEY_FD 42

static void pause_for_ever(const char *box)
{
	(void)box;
	for (;;)
		pause();
}

/* The victim inherits the descriptor. */
int escape_prepare(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];
	int err, fd;

	escape_path(path, secret, "key");
	err = escape_write(path, "key");
	fd = open(path, O_RDONLY);
	if (err || fd < 0 || dup2(fd, KEY_FD) < 0)
		return err ? err : -errno;
	return escape_victim(box, pause_for_ever);
}

int escape_attempt(const char *box, const char *secret)
{
	int pidfd = (int)syscall(SYS_pidfd_open, escape_victim_pid(box), 0), fd;

	(void)secret;
	if (pidfd < 0)
		return escape_error("pidfd_open");
	fd = (int)syscall(SYS_pidfd_getfd, pidfd, KEY_FD, 0u);
	return escape_if(fd >= 0 && escape_reads(fd, "key"));
}
