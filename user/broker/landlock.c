/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Landlock: of the file system, policy, time zones and /etc to read, the directories of the ledger
 * and of the file for metrics to write, and nothing to execute; where there is a validator, that,
 * what lies beside it, and what is installed on the system. What does not exist is left out: it is
 * not there to be reached.
 */
#include "lib/landlock.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>

#include "broker/privileges.h"

int writ_privileges_validator(const struct writ_landlock *landlock, const char *validator)
{
	static const char *const system[] = {"/usr", "/bin", "/lib", "/lib64", "/etc", NULL};
	static const char *const devices[] = {"/dev/null", "/dev/urandom", "/dev/zero", NULL};
	int err;

	err = writ_landlock_allow_replaced(landlock, validator, WRIT_LANDLOCK_RUN);
	if (!err)
		err = writ_landlock_allow_each(landlock, system, WRIT_LANDLOCK_RUN);
	return err ? err
		   : writ_landlock_allow_each(landlock, devices,
					      WRIT_LANDLOCK_READ | WRIT_LANDLOCK_CHANGE);
}

static int allow_directory(const struct writ_landlock *landlock, const char *file)
{
	char directory[PATH_MAX];

	if ((size_t)snprintf(directory, sizeof(directory), "%s", file) >= sizeof(directory))
		return -ENAMETOOLONG;
	return writ_landlock_allow(landlock, dirname(directory), WRIT_LANDLOCK_WRITE);
}

int writ_privileges_files(const char *policy, const char *ledger, const char *validator,
			  const char *textfile)
{
	/* time zones; names of users and groups, in files that each change replaces by others */
	static const char *const databases[] = {"/usr/share/zoneinfo", "/etc", NULL};
	_cleanup_landlock_ struct writ_landlock landlock = WRIT_LANDLOCK_NONE;
	int err = writ_landlock_open(true, &landlock);

	if (!err)
		err = writ_landlock_allow_replaced(&landlock, policy, WRIT_LANDLOCK_READ);
	if (!err)
		err = writ_landlock_allow_each(&landlock, databases, WRIT_LANDLOCK_READ);
	if (!err)
		err = allow_directory(&landlock, ledger);
	if (!err && textfile)
		err = allow_directory(&landlock, textfile);
	if (!err && validator)
		err = writ_privileges_validator(&landlock, validator);
	return err ? err : writ_landlock_restrict(&landlock);
}
