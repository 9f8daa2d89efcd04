/* SPDX-License-Identifier: Apache-2.0 */
/* See landlock.h. The numbers that the oldest headers lack stand here, with their ABI. */
#include "lib/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TRUNCATE (1ULL << 14)  /* LANDLOCK_ACCESS_FS_TRUNCATE, ABI 3 */
#define IOCTL_DEV (1ULL << 15) /* LANDLOCK_ACCESS_FS_IOCTL_DEV, ABI 5 */
#define SIGNALS (1ULL << 1)    /* LANDLOCK_SCOPE_SIGNAL, ABI 6 */
#define ABI_SIGNALS 6

/* What a rule on a file, and not on a directory, may name. */
#define OF_FILES                                                     \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | \
	 LANDLOCK_ACCESS_FS_WRITE_FILE | TRUNCATE | IOCTL_DEV)

/* struct landlock_ruleset_attr as of ABI 6; an older kernel takes what is zero behind its own. */
struct attributes {
	uint64_t files;
	uint64_t network;
	uint64_t scoped;
};

/* All that this kernel can refuse of files. */
static uint64_t handled(int abi)
{
	uint64_t rights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;

	if (abi >= 2)
		rights |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		rights |= TRUNCATE;
	if (abi >= 5)
		rights |= IOCTL_DEV;
	return rights;
}

static uint64_t bits_of(unsigned int rights)
{
	static const struct {
		unsigned int right;
		uint64_t bits;
	} table[] = {
		{WRIT_LANDLOCK_READ, LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR},
		{WRIT_LANDLOCK_EXECUTE, LANDLOCK_ACCESS_FS_EXECUTE},
		{WRIT_LANDLOCK_CHANGE, LANDLOCK_ACCESS_FS_WRITE_FILE | TRUNCATE},
		{WRIT_LANDLOCK_MAKE, LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE},
		{WRIT_LANDLOCK_DIRECTORY,
		 LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR},
		{WRIT_LANDLOCK_SOCKET, LANDLOCK_ACCESS_FS_MAKE_SOCK},
	};
	uint64_t bits = 0;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (rights & table[i].right)
			bits |= table[i].bits;
	return bits;
}

int writ_landlock_open(bool own_signals, struct writ_landlock *ret_landlock)
{
	int abi = (int)syscall(__NR_landlock_create_ruleset, NULL, 0,
			       LANDLOCK_CREATE_RULESET_VERSION);
	const struct attributes attributes = {
		.files = handled(abi),
		.scoped = own_signals && abi >= ABI_SIGNALS ? SIGNALS : 0,
	};
	int fd;

	if (abi < 1)
		return errno == ENOSYS || errno == EOPNOTSUPP ? -EOPNOTSUPP : -errno;
	fd = (int)syscall(__NR_landlock_create_ruleset, &attributes, sizeof(attributes), 0);
	if (fd < 0)
		return -errno;
	*ret_landlock = (struct writ_landlock){.fd = fd, .abi = abi, .handled = attributes.files};
	return 0;
}

int writ_landlock_allow(const struct writ_landlock *landlock, const char *path, unsigned int rights)
{
	_cleanup_close_ int fd = open(path, O_PATH | O_CLOEXEC);
	struct landlock_path_beneath_attr rule = {.parent_fd = fd};
	struct stat status;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(fd, &status))
		return -errno;
	rule.allowed_access = bits_of(rights) & landlock->handled &
			      (S_ISDIR(status.st_mode) ? UINT64_MAX : OF_FILES);
	return syscall(__NR_landlock_add_rule, landlock->fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0)
		       ? -errno
		       : 0;
}

int writ_landlock_allow_each(const struct writ_landlock *landlock, const char *const *paths,
			     unsigned int rights)
{
	int err = 0;

	for (; *paths && !err; paths++)
		err = writ_landlock_allow(landlock, *paths, rights);
	return err;
}

int writ_landlock_allow_replaced(const struct writ_landlock *landlock, const char *path,
				 unsigned int rights)
{
	char above[PATH_MAX];
	int err = writ_landlock_allow(landlock, path, rights);

	if (err || (size_t)snprintf(above, sizeof(above), "%s", path) >= sizeof(above))
		return err ? err : -ENAMETOOLONG;
	if (!strcmp(dirname(above), "/"))
		return 0;
	return writ_landlock_allow(landlock, above, rights);
}

int writ_landlock_restrict(const struct writ_landlock *landlock)
{
	return syscall(__NR_landlock_restrict_self, landlock->fd, 0) ? -errno : 0;
}
