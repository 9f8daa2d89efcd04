// SPDX-License-Identifier: Apache-2.0
/*
 * It gives itself every capability that its credentials may have, then uses one.
 * technique: capset(2)
 * stopped by: `capable`: what credentials say is not asked alone
 * expect: operation=capability reason=no_rule object=CAP_SYS_ADMIN
 */
#include "escape.h"

#include <linux/capability.h>
#include <string.h>
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
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];
	char name[256] = "";

	(void)box;
	(void)secret;
	if (syscall(SYS_capget, &header, data))
		return escape_error("capget");
	for (int i = 0; i < 2; i++)
		data[i].effective = data[i].inheritable = data[i].permitted;
	if (syscall(SYS_capset, &header, data) || gethostname(name, sizeof(name) - 1))
		return ESCAPE_REFUSED;
	return escape_if(!sethostname(name, strlen(name)));
}
