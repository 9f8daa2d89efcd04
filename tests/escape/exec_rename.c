// SPDX-License-Identifier: Apache-2.0
/*
 * A forbidden program is moved to where programs may be run.
 * technique: Rename of a forbidden program
 * stopped by: `path_rename`
 * expect: operation=rename reason=no_rule
 */
#include <stdio.h>

#include "program.h"

int escape_prepare(const char *box, const char *secret)
{
	(void)box;
	return program_prepare(secret);
}

int escape_attempt(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE], name[ESCAPE_PATH_SIZE];

	escape_path(path, secret, "program");
	escape_path(name, box, "program");
	(void)rename(path, name);
	return escape_if(program_runs(name));
}
