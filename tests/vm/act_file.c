// SPDX-License-Identifier: Apache-2.0
/*
 * act: operations on files. `hold`, `memfd` and `tree` leave a descriptor for `reopen`, `openat`,
 * `write`, `read` and `execfd`.
 */
#include "act.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OPEN_TREE_CLONE_FLAG 1u /* include/uapi/linux/mount.h */
#define COMPONENT_MAX 255u	/* NAME_MAX */
#define COPY_SIZE (64u << 10)

int act_open(int directory, const char *flags, const char *path)
{
	bool r = strchr(flags, 'r'), w = strchr(flags, 'w');
	int bits = O_CLOEXEC | (r && w ? O_RDWR : w ? O_WRONLY : O_RDONLY), fd;

	bits |= strchr(flags, 'a') ? O_APPEND : 0;
	bits |= strchr(flags, 'c') ? O_CREAT : 0;
	bits |= strchr(flags, 'd') ? O_DIRECTORY : 0;
	bits |= strchr(flags, 'i') ? O_ACCMODE : 0; /* for ioctl alone */
	bits |= strchr(flags, 'p') ? O_PATH : 0;
	bits |= strchr(flags, 't') ? O_TRUNC : 0;
	bits |= strchr(flags, 'n') ? O_TMPFILE : 0; /* no name */
	fd = openat(directory, path, bits, 0644);
	return fd < 0 ? -errno : fd;
}

static int open_and_close(struct act *act)
{
	int fd = act_open(AT_FDCWD, act->next[1], act->next[2]);

	if (fd < 0)
		return fd;
	(void)close(fd);
	return 0;
}

static int hold(struct act *act)
{
	int fd = act_open(AT_FDCWD, act->next[1], act->next[2]);

	if (fd < 0)
		return fd;
	act->held = fd;
	return 0;
}

/* By way of /proc/self/fd. */
static int reopen(struct act *act)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", act->held);
	fd = act_open(AT_FDCWD, act->next[1], path);
	if (fd < 0)
		return fd;
	(void)close(fd);
	return 0;
}

static int open_at(struct act *act)
{
	int fd = act_open(act->held, act->next[1], act->next[2]);

	if (fd < 0)
		return fd;
	(void)close(fd);
	return 0;
}

/* A copy of the file at @path in memory; "-" leaves it empty. */
static int memfd(struct act *act)
{
	static char buffer[COPY_SIZE];
	const char *path = act->next[1];
	int from = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	ssize_t n;

	act->held = memfd_create("copy", 0);
	if (act->held < 0)
		return -errno;
	while (from >= 0 && (n = read(from, buffer, sizeof(buffer))) > 0)
		if (write(act->held, buffer, (size_t)n) != n)
			return -errno;
	(void)close(from);
	return 0;
}

/* Memory in huge pages: its file system is another one than memfd's. */
static int huge(struct act *act)
{
	act->held = memfd_create("huge", MFD_HUGETLB);
	return act->held < 0 ? -errno : 0;
}

/* A message queue is opened on a mount that no path leads to. */
static int queue(struct act *act)
{
	long fd = syscall(SYS_mq_open, act->next[1], O_RDWR | O_CREAT, 0600, NULL);

	return fd < 0 ? -errno : 0;
}

static int tree(struct act *act)
{
	act->held = (int)syscall(SYS_open_tree, AT_FDCWD, act->next[1],
				 OPEN_TREE_CLONE_FLAG | O_CLOEXEC);
	return act->held < 0 ? -errno : 0;
}

static int write_held(struct act *act)
{
	size_t size = strlen(act->next[1]);

	return write(act->held, act->next[1], size) == (ssize_t)size ? 0 : -errno;
}

static int read_held(struct act *act)
{
	char byte;

	return pread(act->held, &byte, 1, 0) < 0 ? -errno : 0;
}

static int change_directory(struct act *act)
{
	return chdir(act->next[1]) ? -errno : 0;
}

static int change_root(struct act *act)
{
	return chroot(act->next[1]) ? -errno : 0;
}

static int new_namespace(struct act *act)
{
	(void)act;
	return unshare(CLONE_NEWNS) ? -errno : 0;
}

static int make_directory(struct act *act)
{
	return mkdir(act->next[1], 0755) && errno != EEXIST ? -errno : 0;
}

static int remove_name(struct act *act)
{
	return unlink(act->next[1]) ? -errno : 0;
}

/*
 * Goes down, making what is missing, until "f" in the directory that it reaches has a path of
 * exactly the given number of bytes.
 */
static int descend(struct act *act)
{
	size_t wanted = strtoul(act->next[1], NULL, 10), len;
	char name[COMPONENT_MAX + 1], start[256];

	if (!getcwd(start, sizeof(start)) || wanted < strlen(start) + 2)
		return -EINVAL;
	for (size_t left = wanted - strlen(start) - 2; left; left -= len + 1) {
		len = left - 1 < COMPONENT_MAX ? left - 1 : COMPONENT_MAX;
		len -= left - len - 1 == 1; /* a slash with no name behind it */
		memset(name, 'd', len);
		name[len] = '\0';
		if ((mkdir(name, 0755) && errno != EEXIST) || chdir(name))
			return -errno;
	}
	return 0;
}

/* Polls, without opening anything, until the path exists. */
static int until(struct act *act)
{
	for (int i = 0; i < 12000; i++) {
		if (!access(act->next[1], F_OK))
			return 0;
		(void)usleep(10000);
	}
	return -ETIMEDOUT;
}

/* How many of so many opens succeed. */
static int repeat(struct act *act)
{
	int opened = 0;

	for (long i = strtol(act->next[1], NULL, 10); i > 0; i--) {
		int fd = act_open(AT_FDCWD, act->next[2], act->next[3]);

		if (fd < 0)
			continue;
		opened++;
		(void)close(fd);
	}
	return opened;
}

const struct act_operation act_file_operations[] = {
	{"open", 2, open_and_close},
	{"hold", 2, hold},
	{"reopen", 1, reopen},
	{"openat", 2, open_at},
	{"memfd", 1, memfd},
	{"tree", 1, tree},
	{"write", 1, write_held},
	{"read", 0, read_held},
	{"chdir", 1, change_directory},
	{"chroot", 1, change_root},
	{"mkdir", 1, make_directory},
	{"unlink", 1, remove_name},
	{"descend", 1, descend},
	{"until", 1, until},
	{"repeat", 3, repeat},
	{"unshare", 0, new_namespace},
	{"huge", 0, huge},
	{"queue", 1, queue},
	{NULL, 0, NULL},
};
