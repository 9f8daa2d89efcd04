// SPDX-License-Identifier: Apache-2.0
/*
 * The program lies in memory and never had a path (memfd).
 * technique: memfd_create() and execveat()
 * stopped by: `file_open`
 * expect: operation=open_exec reason=anonymous
 */
#include <sys/mman.h>
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
	int from = open(PROGRAM_SELF, O_RDONLY | O_CLOEXEC), fd = memfd_create("program", 0);
	struct stat found;

	(void)box;
	(void)secret;
	if (from < 0 || fd < 0 || fstat(from, &found) ||
	    sendfile(fd, from, NULL, (size_t)found.st_size) != found.st_size)
		return escape_error("memfd");
	return escape_if(program_runs_fd(fd));
}
