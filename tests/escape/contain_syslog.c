// SPDX-License-Identifier: Apache-2.0
/*
 * The kernel's messages are read and cleared by syslog(2), without a file.
 * technique: syslog(2)
 * stopped by: `capable`: CAP_SYSLOG is not the role's
 * expect: operation=capability reason=no_rule object=CAP_SYSLOG
 */
#include "escape.h"

#include <sys/klog.h>

/* Something to read: what was there may have been cleared. */
int escape_prepare(const char *box, const char *secret)
{
	(void)secret;
	(void)box;
	return escape_write("/dev/kmsg", "<6>to be read\n");
}

#define READ_CLEAR 4

int escape_attempt(const char *box, const char *secret)
{
	static char text[1 << 16];

	(void)box;
	(void)secret;
	return escape_if(klogctl(READ_CLEAR, text, sizeof(text)) > 0);
}
