// SPDX-License-Identifier: Apache-2.0
/*
 * Processes that are enrolled late, see late.h. The three talk by files in the box: `ready` (the
 * victim may be moved), `go` (the attempt's pid), `moved`, `result`.
 */
#include "late.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CGROUP_ROOT "/sys/fs/cgroup"
#define WAIT_SECONDS 8 /* below the deadline of an attempt */
#define DAEMON_WAIT_SECONDS 50

static bool await_in(const char *box, const char *name, unsigned int seconds)
{
	char path[ESCAPE_PATH_SIZE];

	escape_path(path, box, name);
	return escape_await(path, seconds);
}

static int tell(const char *box, const char *name, long number)
{
	char path[ESCAPE_PATH_SIZE];

	escape_path(path, box, name);
	return escape_write_number(path, number);
}

/* Moves @task to the cgroup at @below, as it stands in /proc/PID/cgroup. */
static int move(pid_t task, const char *below)
{
	char path[ESCAPE_PATH_SIZE + sizeof(CGROUP_ROOT)], text[32];
	int fd, len = snprintf(text, sizeof(text), "%d", task), err = 0;

	(void)snprintf(path, sizeof(path), CGROUP_ROOT "%s/cgroup.procs", below);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, (size_t)len) != len)
		err = -errno;
	(void)close(fd);
	return err;
}

static int move_to(pid_t task, pid_t like)
{
	char path[64], line[ESCAPE_PATH_SIZE] = "", *end;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/cgroup", like);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file) && strncmp(line, "0::", 3))
		;
	(void)fclose(file);
	end = strchr(line, '\n');
	if (!end || strncmp(line, "0::", 3))
		return -ENOENT;
	*end = '\0';
	return move(task, line + 3);
}

static void mover(const void *context)
{
	const struct escape_late *late = context;
	char go[ESCAPE_PATH_SIZE];
	pid_t victim = fork();

	if (!victim)
		_exit(late->victim(late));
	escape_path(go, late->box, "go");
	if (victim < 0 || !escape_await(go, DAEMON_WAIT_SECONDS))
		return;
	if (move_to(victim, (pid_t)escape_number(go)) || (late->out && move(victim, "")))
		return;
	if (!tell(late->box, "moved", 1))
		(void)tell(late->box, "result", escape_wait(victim));
}

int escape_late_prepare(const struct escape_late *late)
{
	int err = escape_daemon(mover, late);

	if (err)
		return err;
	return await_in(late->box, "ready", WAIT_SECONDS) ? 0 : -ETIMEDOUT;
}

int escape_late_attempt(const char *box)
{
	char path[ESCAPE_PATH_SIZE];
	int err = tell(box, "go", getpid());

	if (err) {
		errno = -err;
		return escape_error("go");
	}
	escape_path(path, box, "result");
	if (!escape_await(path, WAIT_SECONDS)) {
		errno = ETIMEDOUT;
		return escape_error("no result of the victim");
	}
	return (int)escape_number(path);
}

bool escape_late_moved(const struct escape_late *late)
{
	char path[ESCAPE_PATH_SIZE];

	escape_path(path, late->box, "moved");
	return !access(path, F_OK);
}

int escape_late_ready(const struct escape_late *late)
{
	return tell(late->box, "ready", 1);
}

bool escape_late_wait(const struct escape_late *late)
{
	return !escape_late_ready(late) && await_in(late->box, "moved", DAEMON_WAIT_SECONDS);
}
