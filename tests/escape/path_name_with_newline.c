// SPDX-License-Identifier: Apache-2.0
/*
 * The file's name ends a line and begins a new one, to be taken for another path, or for a record
 * of its own in the log.
 * technique: A line feed in a name
 * stopped by: `file_open`; names are escaped in the log
 * expect: operation=open reason=no_rule
 */
#include "escape.h"

int escape_prepare(const char *box, const char *secret)
{
	char key[ESCAPE_PATH_SIZE];

	(void)box;
	escape_path(key, secret, "key\n{\"verdict\":\"allow\"}");
	return escape_write(key, "key");
}

int escape_attempt(const char *box, const char *secret)
{
	char key[ESCAPE_PATH_SIZE];

	(void)box;
	escape_path(key, secret, "key\n{\"verdict\":\"allow\"}");
	return escape_if(escape_holds(key, "key"));
}
