// SPDX-License-Identifier: Apache-2.0
/*
 * Writing to cgroup.kill of somebody else's cgroup ends all processes in it, without a signal
 * call.
 * technique: cgroup.kill of another cgroup
 * stopped by: `file_open`: by the file system
 * expect: operation=open reason=guardrail object=/sys/fs/cgroup/vm/escape-victim/cgroup.kill
 */
#include "escape.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#define CGROUP "/sys/fs/cgroup/vm/escape-victim"

static void pause_for_ever(const char *box)
{
	char path[ESCAPE_PATH_SIZE];

	escape_path(path, box, "in");
	if (!escape_write(CGROUP "/cgroup.procs", "0") && !escape_write_number(path, 1))
		for (;;)
			pause();
}

int escape_prepare(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];
	int err;

	(void)secret;
	if (mkdir(CGROUP, 0755) && errno != EEXIST)
		return -errno;
	err = escape_victim(box, pause_for_ever);
	escape_path(path, box, "in");
	return err || escape_await(path, 5) ? err : -ETIMEDOUT;
}

int escape_attempt(const char *box, const char *secret)
{
	pid_t victim = escape_victim_pid(box);

	(void)secret;
	(void)escape_write(CGROUP "/cgroup.kill", "1");
	for (int i = 0; i < 100 && !kill(victim, 0); i++)
		escape_sleep_ms(5);
	return escape_if(kill(victim, 0) && errno == ESRCH);
}
