// SPDX-License-Identifier: Apache-2.0
/*
 * A forbidden program is moved to where programs may be run.
 * technique: Rename of a forbidden program
 * stopped by: `path_rename`
 * expect: operation=rename reason=no_rule
 */
#include "escape.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
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

static int run(const char *path)
{
	pid_t child = fork();

	if (child)
		return escape_wait(child);
	(void)execl(path, "escape", "held", "/dev/null", NULL);
	_exit(100);
}

int escape_prepare(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];

	(void)box;
	escape_path(path, secret, "program");
	return copy_program(path);
}

int escape_attempt(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE], name[ESCAPE_PATH_SIZE];

	escape_path(path, secret, "program");
	escape_path(name, box, "program");
	(void)rename(path, name);
	return escape_if(run(name) == RAN);
}
