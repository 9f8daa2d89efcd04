// SPDX-License-Identifier: Apache-2.0
/*
 * A program is run whose file is gone: nobody can look at it afterwards.
 * technique: Run of a deleted program
 * stopped by: `bprm_check_security`
 * expect: operation=exec reason=unlinked
 */
#include "escape.h"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RAN 1 /* status of `escape held /dev/null`, which can be read */

/* A copy of this program. */
static int copy_program(const char *path)
{
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	struct stat found;

	if (from < 0 || to < 0 || fstat(from, &found))
		return -errno;
	if (sendfile(to, from, NULL, (size_t)found.st_size) != found.st_size)
		return -EIO;
	(void)close(from);
	(void)close(to);
	return 0;
}

static int run(int fd)
{
	pid_t child = fork();
	char *arguments[] = {"escape", "held", "/dev/null", NULL}, *environment[] = {NULL};

	if (child)
		return escape_wait(child);
	(void)syscall(SYS_execveat, fd, "", arguments, environment, AT_EMPTY_PATH);
	_exit(100);
}

int escape_prepare(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];

	(void)secret;
	escape_path(path, box, "program");
	return copy_program(path);
}

int escape_attempt(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];
	int fd;

	(void)secret;
	escape_path(path, box, "program");
	fd = open(path, O_PATH);
	if (fd < 0 || unlink(path))
		return escape_error(path);
	return escape_if(run(fd) == RAN);
}
