// SPDX-License-Identifier: Apache-2.0
/*
 * The program is run by a descriptor that opened nothing, without a path (execveat).
 * technique: execveat() of an O_PATH descriptor
 * stopped by: `file_open`
 * expect: operation=open_exec reason=no_rule
 */
#include "program.h"

int escape_prepare(const char *box, const char *secret)
{
	(void)box;
	return program_prepare(secret);
}

int escape_attempt(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];
	int fd;

	(void)box;
	escape_path(path, secret, "program");
	fd = open(path, O_PATH);
	if (fd < 0)
		return escape_error(path);
	return escape_if(program_runs_fd(fd));
}
