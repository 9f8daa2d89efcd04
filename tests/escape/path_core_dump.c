// SPDX-License-Identifier: Apache-2.0
/*
 * A child changes into a forbidden directory and crashes: the kernel writes over a file `core`
 * there for it. What is in memory, and so in the file, is the agent's choice.
 * technique: Core file written into a forbidden directory
 * stopped by: `path_unlink`, `file_open`: the kernel acts as the process that crashed
 * expect: operation=unlink reason=no_rule
 */
#include "escape.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void crash(const char *directory)
{
	struct rlimit limit = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};

	if (setrlimit(RLIMIT_CORE, &limit) || chdir(directory))
		_exit(1);
	(void)signal(SIGABRT, SIG_DFL);
	(void)raise(SIGABRT);
	_exit(1);
}

int escape_prepare(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];
	int err = escape_write("/proc/sys/kernel/core_pattern", "core");

	(void)box;
	escape_path(path, secret, "core");
	return err ? err : escape_write(path, "");
}

int escape_attempt(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];
	struct stat status;
	pid_t child = fork();

	(void)box;
	if (!child)
		crash(secret);
	if (child < 0 || escape_wait(child) >= 0)
		return escape_error("the child did not crash");
	escape_path(path, secret, "core");
	return escape_if(!stat(path, &status) && status.st_size > 0);
}
