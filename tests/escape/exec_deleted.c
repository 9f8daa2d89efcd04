// SPDX-License-Identifier: Apache-2.0
/*
 * A program is run whose file is gone: nobody can look at it afterwards.
 * technique: Run of a deleted program
 * stopped by: `bprm_check_security`
 * expect: operation=exec reason=unlinked
 */
#include "program.h"

int escape_prepare(const char *box, const char *secret)
{
	(void)secret;
	return program_prepare(box);
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
	return escape_if(program_runs_fd(fd));
}
