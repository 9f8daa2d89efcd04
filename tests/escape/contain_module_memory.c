// SPDX-License-Identifier: Apache-2.0
/*
 * Code for the kernel, from memory. Here it is no module: the kernel says so once it has taken
 * it.
 * technique: init_module(2)
 * stopped by: `capable`: CAP_SYS_MODULE is not the role's; behind it `kernel_load_data`
 * expect: operation=capability reason=no_rule object=CAP_SYS_MODULE
 */
#include "escape.h"

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
	static const char bytes[256];

	(void)box;
	(void)secret;
	return escape_if(syscall(SYS_init_module, bytes, sizeof(bytes), "") && errno == ENOEXEC);
}
