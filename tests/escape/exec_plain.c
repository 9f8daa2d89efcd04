// SPDX-License-Identifier: Apache-2.0
/*
 * A program that no rule allows is run.
 * technique: Plain run of a forbidden program
 * stopped by: `file_open`, `bprm_check_security`
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

	(void)box;
	escape_path(path, secret, "program");
	return escape_if(program_runs(path));
}
