// SPDX-License-Identifier: Apache-2.0
/*
 * A descriptor of writd, which may be that of a map, is taken through a pidfd.
 * technique: A descriptor of writd
 * stopped by: `ptrace_access_check`
 * expect: operation=ptrace reason=protected
 */
#include "own.h"

#include <fcntl.h>

int escape_prepare(const char *box, const char *secret)
{
	(void)secret;
	return own_prepare_pid(box);
}

int escape_attempt(const char *box, const char *secret)
{
	int pidfd = (int)syscall(SYS_pidfd_open, own_pid(box), 0);

	(void)secret;
	own_claim();
	return escape_if(pidfd >= 0 && syscall(SYS_pidfd_getfd, pidfd, 2, 0) >= 0);
}
