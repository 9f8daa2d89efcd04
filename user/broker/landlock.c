/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Landlock: of the file system, policy, time zones and /etc to read, the ledger's directory to
 * write, and nothing to execute; where there is a validator, that, what lies beside it, and what is
 * installed on the system. What does not exist is left out: it is not there to be reached.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "broker/privileges.h"
#include "lib/cleanup.h"

#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define RUN (READ | LANDLOCK_ACCESS_FS_EXECUTE)
#define TRUNCATE (1ULL << 14) /* LANDLOCK_ACCESS_FS_TRUNCATE, since the third ABI */
#define WRITE                                                                    \
	(READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
	 LANDLOCK_ACCESS_FS_MAKE_REG | TRUNCATE)
#define OF_FILES                                                     \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | \
	 LANDLOCK_ACCESS_FS_WRITE_FILE | TRUNCATE)

/* All that this kernel can refuse. */
static uint64_t handled(int abi)
{
	uint64_t rights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;

	if (abi >= 2)
		rights |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		rights |= TRUNCATE;
	return rights;
}

static int allow(int ruleset, uint64_t known, const char *path, uint64_t rights)
{
	_cleanup_close_ int fd = open(path, O_PATH | O_CLOEXEC);
	struct landlock_path_beneath_attr rule = {.parent_fd = fd};
	struct stat status;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(fd, &status))
		return -errno;
	rule.allowed_access = rights & known & (S_ISDIR(status.st_mode) ? UINT64_MAX : OF_FILES);
	if (syscall(__NR_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0))
		return -errno;
	return 0;
}

static int allow_each(int ruleset, uint64_t known, const char *const *paths, uint64_t rights)
{
	int err = 0;

	for (; *paths && !err; paths++)
		err = allow(ruleset, known, *paths, rights);
	return err;
}

/*
 * Policy and validator may be replaced as a whole, and what comes is another object: by the
 * directory above it is found. Not by the root, below which all is.
 */
static int allow_replaced(int ruleset, uint64_t known, const char *path, uint64_t rights)
{
	char above[PATH_MAX];
	int err = allow(ruleset, known, path, rights);

	if (err || (size_t)snprintf(above, sizeof(above), "%s", path) >= sizeof(above))
		return err ? err : -ENAMETOOLONG;
	if (!strcmp(dirname(above), "/"))
		return 0;
	return allow(ruleset, known, above, rights);
}

static int allow_validator(int ruleset, uint64_t known, const char *validator)
{
	static const char *const system[] = {"/usr", "/bin", "/lib", "/lib64", "/etc", NULL};
	static const char *const devices[] = {"/dev/null", "/dev/urandom", "/dev/zero", NULL};
	int err;

	if (!validator)
		return 0;
	err = allow_replaced(ruleset, known, validator, RUN);
	if (!err)
		err = allow_each(ruleset, known, system, RUN);
	return err ? err
		   : allow_each(ruleset, known, devices, READ | LANDLOCK_ACCESS_FS_WRITE_FILE);
}

int writ_landlock_restrict(const char *policy, const char *ledger, const char *validator)
{
	/* time zones; names of users and groups, in files that each change replaces by others */
	static const char *const databases[] = {"/usr/share/zoneinfo", "/etc", NULL};
	int abi = (int)syscall(__NR_landlock_create_ruleset, NULL, 0,
			       LANDLOCK_CREATE_RULESET_VERSION);
	const struct landlock_ruleset_attr attr = {.handled_access_fs = handled(abi)};
	_cleanup_close_ int ruleset = -1;
	char directory[PATH_MAX];
	int err;

	if (abi < 1)
		return errno == ENOSYS || errno == EOPNOTSUPP ? -EOPNOTSUPP : -errno;
	if ((size_t)snprintf(directory, sizeof(directory), "%s", ledger) >= sizeof(directory))
		return -ENAMETOOLONG;
	ruleset = (int)syscall(__NR_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (ruleset < 0)
		return -errno;
	err = allow_replaced(ruleset, attr.handled_access_fs, policy, READ);
	if (!err)
		err = allow_each(ruleset, attr.handled_access_fs, databases, READ);
	if (!err)
		err = allow(ruleset, attr.handled_access_fs, dirname(directory), WRITE);
	if (!err)
		err = allow_validator(ruleset, attr.handled_access_fs, validator);
	if (!err && syscall(__NR_landlock_restrict_self, ruleset, 0))
		err = -errno;
	return err;
}
