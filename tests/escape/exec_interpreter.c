// SPDX-License-Identifier: Apache-2.0
/*
 * A script that may be run names a forbidden program as its interpreter.
 * technique: Forbidden interpreter of an allowed script
 * stopped by: `file_open`, asked again for the interpreter
 * expect: operation=open_exec reason=no_rule
 */
#include <stdio.h>
#include <sys/stat.h>

#include "program.h"

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
	err = escape_copy(PROGRAM_SELF, path);
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
	return escape_if(run(path) == PROGRAM_RAN);
}
