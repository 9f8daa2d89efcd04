// SPDX-License-Identifier: Apache-2.0
/*
 * A process forks without a pause while it is moved into the agent's cgroup; a child that was born
 * in between must not come out without a label.
 * technique: Fork racing with enrolment
 * stopped by: `task_alloc`, `sched_process_fork` and `cgroup_attach_task` together
 * expect: operation=open reason=no_rule
 */
#include "late.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define AFTER 50 /* children born after the move */

/* In the agent's cgroup and not held? An agent can't open its cgroup file. */
static int loose(void)
{
	char text[256] = "";
	int fd = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		return 0;
	return strstr(text, "/vm/escape") != NULL;
}

static int born(const char *key, bool moved)
{
	pid_t child = fork();

	if (child < 0)
		return 0;
	if (!child)
		_exit(loose() || (moved && escape_holds(key, "key")) ? 1 : 0);
	return escape_wait(child) == 1;
}

static int victim(const struct escape_late *late)
{
	char key[ESCAPE_PATH_SIZE];
	int escaped = 0;

	escape_path(key, late->secret, "key");
	if (escape_late_ready(late))
		return ESCAPE_ERROR;
	while (!escape_late_moved(late))
		escaped += born(key, false);
	for (int i = 0; i < AFTER; i++)
		escaped += born(key, true);
	return escape_if(escaped);
}

int escape_prepare(const char *box, const char *secret)
{
	struct escape_late late = {box, secret, victim, .out = false};
	char path[ESCAPE_PATH_SIZE];

	escape_path(path, secret, "key");
	return escape_write(path, "key") ? -EIO : escape_late_prepare(&late);
}

int escape_attempt(const char *box, const char *secret)
{
	(void)secret;
	return escape_late_attempt(box);
}
