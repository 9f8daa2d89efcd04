// SPDX-License-Identifier: Apache-2.0
/*
 * The same from a file.
 * technique: finit_module(2)
 * stopped by: `capable`: CAP_SYS_MODULE is not the role's; behind it `kernel_read_file`
 * expect: operation=capability reason=no_rule object=CAP_SYS_MODULE
 */
#include "escape.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

int escape_prepare(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	return 0;
}

int escape_attempt(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];
	int fd;

	(void)secret;
	escape_path(path, box, "module");
	if (escape_write(path, "no module"))
		return escape_error(path);
	fd = open(path, O_RDONLY);
	return escape_if(syscall(SYS_finit_module, fd, "", 0) && errno == ENOEXEC);
}
