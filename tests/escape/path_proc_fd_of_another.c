// SPDX-License-Identifier: Apache-2.0
/*
 * A process outside holds a deleted file; the agent opens it by /proc/PID/fd, where it has no name
 * that leads to it any more.
 * technique: Deleted file of another process, by /proc/PID/fd
 * stopped by: `ptrace_access_check`: only of processes of the same agent; and `file_open`
 * expect: operation=ptrace reason=guardrail
 */
#include "escape.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

struct holder {
	char key[ESCAPE_PATH_SIZE];
	char told[ESCAPE_PATH_SIZE];
};

static void hold(const void *context)
{
	const struct holder *holder = context;
	int fd = open(holder->key, O_RDONLY);

	if (fd < 0 || dup2(fd, 77) < 0 || unlink(holder->key))
		return;
	if (!escape_write_number(holder->told, getpid()))
		for (;;)
			pause();
}

int escape_prepare(const char *box, const char *secret)
{
	static struct holder holder;

	escape_path(holder.key, secret, "key");
	escape_path(holder.told, box, "pid");
	if (escape_write(holder.key, "key") || escape_daemon(hold, &holder))
		return -EIO;
	return escape_await(holder.told, 5) ? 0 : -ETIMEDOUT;
}

int escape_attempt(const char *box, const char *secret)
{
	char told[ESCAPE_PATH_SIZE], path[64];

	(void)secret;
	escape_path(told, box, "pid");
	(void)snprintf(path, sizeof(path), "/proc/%ld/fd/77", escape_number(told));
	return escape_if(escape_holds(path, "key"));
}
