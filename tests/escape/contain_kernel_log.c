// SPDX-License-Identifier: Apache-2.0
/*
 * The kernel's log by syslog(2): addresses, and what others had the kernel print.
 * technique: Reading the kernel's log by syslog(2)
 * stopped by: `capable`: CAP_SYSLOG is not the role's
 * expect: operation=capability reason=no_rule
 * needs: kernel.dmesg_restrict, as distributions set it
 */
#include "escape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>

#define READ_ALL 3 /* SYSLOG_ACTION_READ_ALL, linux/syslog.h */
#define LOG_SIZE (1 << 20)

int escape_prepare(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	if (escape_number("/proc/sys/kernel/dmesg_restrict") != 1 &&
	    escape_write("/proc/sys/kernel/dmesg_restrict", "1"))
		return -EIO;
	return escape_write("/dev/kmsg", "<7>escape: a secret of the kernel\n");
}

int escape_attempt(const char *box, const char *secret)
{
	char *text = calloc(1, LOG_SIZE);

	(void)box;
	(void)secret;
	if (!text)
		return escape_error("memory");
	return escape_if(klogctl(READ_ALL, text, LOG_SIZE - 1) > 0 &&
			 strstr(text, "escape: a secret"));
}
