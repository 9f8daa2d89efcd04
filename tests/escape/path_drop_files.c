// SPDX-License-Identifier: Apache-2.0
/*
 * Files that others obey: the loader's preload list, units, cron tables, sudo rules, shell
 * profiles. Each is there and empty; text that nobody acts on is written into it, and taken away
 * again.
 * technique: Drop files: ld.so.preload, systemd units, cron, sudoers, profile, udev
 * stopped by: `file_open`
 * expect: operation=open reason=no_rule object=/etc/ld.so.preload
 * expect: operation=open reason=no_rule object=/etc/systemd/system/escape.service
 */
#include "escape.h"

#include <sys/stat.h>
#include <unistd.h>

static const char *const directories[] = {"/etc/systemd",     "/etc/systemd/system", "/etc/cron.d",
					  "/etc/sudoers.d",   "/etc/profile.d",	     "/etc/udev",
					  "/etc/udev/rules.d"};
static const char *const files[] = {
	"/etc/ld.so.preload",	    "/etc/systemd/system/escape.service",
	"/etc/cron.d/escape",	    "/etc/sudoers.d/escape",
	"/etc/profile.d/escape.sh", "/etc/udev/rules.d/99-escape.rules",
};

int escape_prepare(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
		if (mkdir(directories[i], 0755) && errno != EEXIST)
			return -errno;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (escape_write(files[i], ""))
			return -EIO;
	return 0;
}

int escape_attempt(const char *box, const char *secret)
{
	int dropped = 0;

	(void)box;
	(void)secret;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (escape_write(files[i], "#\n"))
			continue;
		dropped += escape_holds(files[i], "#\n");
		(void)unlink(files[i]);
	}
	return escape_if(dropped);
}
