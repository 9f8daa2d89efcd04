// SPDX-License-Identifier: Apache-2.0
/*
 * A script that may be run names a forbidden program as its interpreter.
 * technique: Forbidden interpreter of an allowed script
 * stopped by: `file_open`, asked again for the interpreter
 * expect: operation=open_exec reason=no_rule
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

/* The interpreter is told to read the script, which it can. */
static int run(const char *path)
{
	pid_t child = fork();

	if (child)
		return escape_wait(child);
	(void)execl(path, "script", NULL);
	_exit(100);
}

int escape_prepare(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE], line[ESCAPE_PATH_SIZE + 16];
	int err;

	escape_path(path, secret, "p");
	err = copy_program(path);
	(void)snprintf(line, sizeof(line), "#!%s held\n", path);
	escape_path(path, box, "script");
	if (!err)
		err = escape_write(path, line);
	return err ? err : chmod(path, 0755) ? -errno : 0;
}

int escape_attempt(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];

	(void)secret;
	escape_path(path, box, "script");
	return escape_if(run(path) == RAN);
}
