// SPDX-License-Identifier: Apache-2.0
/*
 * acct(2) has the kernel append a record to a file of the caller's choice each time a process
 * ends.
 * technique: Process accounting appends to a forbidden file
 * stopped by: `capable`: CAP_SYS_PACCT is not the role's; with it `file_open`, for acct opens the
 *   file as its caller
 * expect: operation=capability reason=no_rule
 * needs: CONFIG_BSD_PROCESS_ACCT
 */
#include "escape.h"

#include <sys/stat.h>
#include <unistd.h>

int escape_prepare(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];

	(void)box;
	escape_path(path, secret, "log");
	return escape_write(path, "");
}

int escape_attempt(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];
	struct stat status;
	pid_t child;

	(void)box;
	escape_path(path, secret, "log");
	if (acct(path))
		return errno == ENOSYS ? escape_skip("this kernel has no process accounting")
				       : ESCAPE_REFUSED;
	child = fork();
	if (!child)
		_exit(0);
	(void)escape_wait(child);
	(void)acct(NULL);
	return escape_if(!stat(path, &status) && status.st_size > 0);
}
