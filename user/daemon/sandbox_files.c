/* SPDX-License-Identifier: Apache-2.0 */
/* See sandbox.h: which files. */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "broker/privileges.h"
#include "daemon/daemon.h"
#include "daemon/sandbox.h"
#include "lib/landlock.h"

#define INTERPRETER "/lib64/ld-linux-x86-64.so.2" /* of the x86-64 psABI; a link */

static int allow_directory(const struct writ_landlock *landlock, const char *file,
			   unsigned int rights)
{
	char path[PATH_MAX];

	if (!file)
		return 0;
	if ((size_t)snprintf(path, sizeof(path), "%s", file) >= sizeof(path))
		return -ENAMETOOLONG;
	return writ_landlock_allow(landlock, dirname(path), rights);
}

/*
 * Where the kernel's interfaces are. Pins and cgroups are made below /sys/fs, whatever is mounted
 * there later; only cgroups are written to.
 */
static int allow_kernel(const struct writ_landlock *landlock, const char *cgroup_root)
{
	int err = writ_landlock_allow(landlock, "/sys/fs",
				      WRIT_LANDLOCK_MAKE | WRIT_LANDLOCK_DIRECTORY);

	return err ? err
		   : writ_landlock_allow(landlock, cgroup_root,
					 WRIT_LANDLOCK_WRITE | WRIT_LANDLOCK_DIRECTORY);
}

static int allow_data(const struct writ_landlock *landlock,
		      const struct writ_daemon_options *options)
{
	const unsigned int sockets = WRIT_LANDLOCK_WRITE | WRIT_LANDLOCK_SOCKET;
	int err = writ_landlock_allow(landlock, WRIT_RUN_DIR, sockets);

	if (!err)
		err = allow_directory(landlock, options->socket, sockets);
	if (!err && options->state)
		err = writ_landlock_allow(landlock, options->state, WRIT_LANDLOCK_WRITE);
	if (!err)
		err = allow_directory(landlock, options->audit_log, WRIT_LANDLOCK_WRITE);
	if (!err)
		err = allow_directory(landlock, options->audit_spill, WRIT_LANDLOCK_WRITE);
	if (!err && !options->no_broker)
		err = allow_directory(landlock, options->ledger, WRIT_LANDLOCK_WRITE);
	if (!err && options->cursors)
		err = writ_landlock_allow(landlock, options->cursors, WRIT_LANDLOCK_WRITE);
	return err;
}

/* Children's programs lie beside this one; they may be replaced, and so may the interpreter. */
static int allow_programs(const struct writ_landlock *landlock)
{
	char own[PATH_MAX], interpreter[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", own, sizeof(own) - 1);
	int err;

	if (len < 0)
		return -errno;
	own[len] = '\0';
	err = allow_directory(landlock, own, WRIT_LANDLOCK_EXECUTE);
	if (err || !realpath(INTERPRETER, interpreter))
		return err;
	return allow_directory(landlock, interpreter, WRIT_LANDLOCK_EXECUTE);
}

int writ_sandbox_files(const struct writ_daemon_options *options, const char *cgroup_root,
		       const char *const *commands, const char *textfile)
{
	_cleanup_landlock_ struct writ_landlock landlock = WRIT_LANDLOCK_NONE;
	int err = writ_landlock_open(true, &landlock);

	if (!err)
		err = writ_landlock_allow(&landlock, "/", WRIT_LANDLOCK_READ);
	if (!err)
		err = allow_kernel(&landlock, cgroup_root);
	if (!err)
		err = allow_data(&landlock, options);
	if (!err)
		err = allow_programs(&landlock);
	if (!err && textfile[0])
		err = allow_directory(&landlock, textfile, WRIT_LANDLOCK_WRITE);
	for (; !err && *commands; commands++)
		err = writ_privileges_validator(&landlock, *commands);
	if (!err)
		err = writ_landlock_restrict(&landlock);
	return err ? err : landlock.abi;
}
