// SPDX-License-Identifier: Apache-2.0
/*
 * What Ctrl-Alt-Del does is changed; the same call halts the host.
 * technique: reboot(2)
 * stopped by: `capable`: CAP_SYS_BOOT is not the role's
 * expect: operation=capability reason=no_rule object=CAP_SYS_BOOT
 */
#include "escape.h"

#include <sys/reboot.h>
#include <unistd.h>

int escape_prepare(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	return 0;
}

int escape_attempt(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	return escape_if(!reboot(RB_DISABLE_CAD)); /* as it is set already */
}
