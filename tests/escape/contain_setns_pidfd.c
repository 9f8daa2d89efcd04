// SPDX-License-Identifier: Apache-2.0
/*
 * The namespaces of a process outside are entered by a pidfd, without opening a file; what is
 * mounted there alone is then in sight.
 * technique: setns(2) by pidfd into another process's namespaces
 * stopped by: `ptrace_access_check`: only of processes of the same agent
 * expect: operation=ptrace reason=guardrail
 */
#include "escape.h"

#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Alone in a mount namespace: box/own is a file system that nobody else sees. */
static void unshare_and_pause(const char *box)
{
	char path[ESCAPE_PATH_SIZE], file[ESCAPE_PATH_SIZE + 8];

	escape_path(path, box, "own");
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mkdir(path, 0755) || mount("none", path, "tmpfs", 0, NULL))
		return;
	(void)snprintf(file, sizeof(file), "%s/key", path);
	if (escape_write(file, "key"))
		return;
	escape_path(path, box, "unshared");
	if (!mknod(path, S_IFREG | 0644, 0))
		for (;;)
			pause();
}

int escape_prepare(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];
	int err = escape_victim(box, unshare_and_pause);

	(void)secret;
	escape_path(path, box, "unshared");
	return err || escape_await(path, 5) ? err : -ETIMEDOUT;
}

int escape_attempt(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];
	int pidfd = (int)syscall(SYS_pidfd_open, escape_victim_pid(box), 0);

	(void)secret;
	if (pidfd < 0 || setns(pidfd, CLONE_NEWNS))
		return ESCAPE_REFUSED;
	escape_path(path, box, "own/key");
	return escape_if(!access(path, F_OK));
}
