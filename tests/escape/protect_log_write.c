// SPDX-License-Identifier: Apache-2.0
/*
 * The audit log is opened for writing, where an agent would take lines out.
 * technique: Writing to the audit log
 * stopped by: `file_open`: no rule opens it
 * expect: operation=open reason=protected
 */
#include "own.h"

#include <fcntl.h>
#include <sys/stat.h>

#define DIRECTORY "/var/log/writ"
#define LOG DIRECTORY "/audit.jsonl"

int escape_prepare(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	return chmod(DIRECTORY, 0755) || chmod(LOG, 0666); /* their modes would refuse, too */
}

int escape_attempt(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	return escape_if(open(LOG, O_RDWR | O_CLOEXEC) >= 0);
}
