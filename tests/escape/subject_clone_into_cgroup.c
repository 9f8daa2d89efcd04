// SPDX-License-Identifier: Apache-2.0
/*
 * A child is born in another cgroup, whose directory is named by a descriptor that no open was
 * asked about.
 * technique: clone3(CLONE_INTO_CGROUP) with an O_PATH descriptor
 * stopped by: `task_alloc`
 * expect: operation=fork reason=guardrail
 */
#include "escape.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

int escape_prepare(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	return 0;
}

int escape_attempt(const char *box, const char *secret)
{
	struct clone_args args = {.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD};
	int cgroup = open("/sys/fs/cgroup", O_PATH | O_DIRECTORY);
	long child;

	(void)box;
	(void)secret;
	if (cgroup < 0)
		return escape_error("open");
	args.cgroup = (uint64_t)cgroup;
	child = syscall(SYS_clone3, &args, sizeof(args));
	if (!child)
		_exit(0);
	return escape_if(child > 0 && !escape_wait((pid_t)child));
}
