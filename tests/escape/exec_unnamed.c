// SPDX-License-Identifier: Apache-2.0
/*
 * A program is written to a file without a name, in a directory where everything is allowed.
 * technique: Run of a file without a name (O_TMPFILE)
 * stopped by: `bprm_check_security`
 * expect: operation=exec reason=unlinked
 */
#include <stdio.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "program.h"

int escape_prepare(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	return 0;
}

int escape_attempt(const char *box, const char *secret)
{
	int from = open(PROGRAM_SELF, O_RDONLY | O_CLOEXEC);
	int to = open(box, O_TMPFILE | O_RDWR | O_CLOEXEC, 0755), fd;
	struct stat found;
	char link[64];

	(void)secret;
	if (to < 0 && errno == EOPNOTSUPP)
		return escape_skip("this file system has no O_TMPFILE");
	if (from < 0 || to < 0 || fstat(from, &found) ||
	    sendfile(to, from, NULL, (size_t)found.st_size) != found.st_size)
		return escape_error(box);
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", to);
	fd = open(link, O_RDONLY);
	(void)close(to); /* what is open for writing can't be run */
	if (fd < 0)
		return escape_error(link);
	return escape_if(program_runs_fd(fd));
}
