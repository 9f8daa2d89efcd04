/* SPDX-License-Identifier: Apache-2.0 */
/* A program that techniques run, a copy of this one, and whether it ran: by its exit status. */
#ifndef TESTS_ESCAPE_PROGRAM_H
#define TESTS_ESCAPE_PROGRAM_H

#include "escape.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PROGRAM_RAN 1 /* status of `escape held /dev/null`, which can be read */
#define PROGRAM_SELF "/proc/self/exe"

/* For prepare(): "program" in @directory. 0 or -errno. */
static inline int program_prepare(const char *directory)
{
	char path[ESCAPE_PATH_SIZE];

	escape_path(path, directory, "program");
	return escape_copy(PROGRAM_SELF, path);
}

static inline bool program_runs(const char *path)
{
	pid_t child = fork();

	if (child)
		return escape_wait(child) == PROGRAM_RAN;
	(void)execl(path, "escape", "held", "/dev/null", NULL);
	_exit(100);
}

/* By its descriptor. */
static inline bool program_runs_fd(int fd)
{
	pid_t child = fork();
	char *arguments[] = {"escape", "held", "/dev/null", NULL}, *environment[] = {NULL};

	if (child)
		return escape_wait(child) == PROGRAM_RAN;
	(void)syscall(SYS_execveat, fd, "", arguments, environment, AT_EMPTY_PATH);
	_exit(100);
}

#endif
