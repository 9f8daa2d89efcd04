/* SPDX-License-Identifier: Apache-2.0 */
/* See hierarchy.h. */
#include "daemon/hierarchy.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cleanup.h"

#define FILEID_KERNFS 0xfe /* include/linux/exportfs.h: a handle that is a node's id */

int writ_hierarchy_open(int root_fd, uint64_t id)
{
	struct {
		struct file_handle header;
		uint64_t id;
	} handle = {{sizeof(id), FILEID_KERNFS}, id};
	int fd = open_by_handle_at(root_fd, &handle.header, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Goes one name down from *@fd. */
static int descend(int *fd, const char *name)
{
	int below;

	if (mkdirat(*fd, name, 0755) && errno != EEXIST)
		return -errno;
	below = openat(*fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (below < 0)
		return -errno;
	(void)close(*fd);
	*fd = below;
	return 0;
}

int writ_hierarchy_make(int root_fd, const char *path, uint64_t *ret_id)
{
	_cleanup_close_ int fd = fcntl(root_fd, F_DUPFD_CLOEXEC, 3);
	_cleanup_free_ char *copy = strdup(path);
	struct stat status;
	char *rest = copy;
	int err = fd < 0 ? -errno : copy ? 0 : -ENOMEM;

	for (char *name; !err && (name = strsep(&rest, "/"));)
		if (*name)
			err = !strcmp(name, "..") ? -EINVAL : descend(&fd, name);
	if (!err && fstat(fd, &status))
		err = -errno;
	if (!err)
		*ret_id = status.st_ino;
	return err;
}

/* The path of directory @fd. */
static int own_path(int fd, char *ret_path, size_t size)
{
	char link[64];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, ret_path, size);
	if (n < 0)
		return -errno;
	if ((size_t)n >= size)
		return -ENAMETOOLONG;
	ret_path[n] = '\0';
	return 0;
}

int writ_hierarchy_path(const char *root, int fd, char *ret_path, size_t size)
{
	size_t len = strlen(root);
	char path[PATH_MAX];
	int err = own_path(fd, path, sizeof(path));

	if (err)
		return err;
	if (strncmp(path, root, len) || path[len] != '/')
		return -EXDEV;
	if (strlen(path + len) >= size)
		return -ENAMETOOLONG;
	memcpy(ret_path, path + len, strlen(path + len) + 1);
	return 0;
}

int writ_hierarchy_write(int fd, const char *file, const char *text)
{
	_cleanup_close_ int at = openat(fd, file, O_WRONLY | O_CLOEXEC);

	if (at < 0)
		return -errno;
	return write(at, text, strlen(text)) < 0 ? -errno : 0;
}

/* At most @size - 1 bytes of @path below @fd, with a NUL behind them. */
static int read_text(int fd, const char *path, char *ret_text, size_t size)
{
	_cleanup_close_ int at = openat(fd, path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (at < 0)
		return -errno;
	n = read(at, ret_text, size - 1);
	if (n < 0)
		return -errno;
	ret_text[n] = '\0';
	return 0;
}

int writ_hierarchy_populated(int fd, bool *ret_populated)
{
	static const char key[] = "populated ";
	char text[256];
	const char *at;
	int err = read_text(fd, "cgroup.events", text, sizeof(text));

	if (err)
		return err;
	at = strstr(text, key);
	if (!at)
		return -EBADMSG;
	*ret_populated = at[sizeof(key) - 1] != '0';
	return 0;
}

static void fts_closep(FTS **fts)
{
	if (*fts)
		(void)fts_close(*fts);
}

int writ_hierarchy_remove(int fd)
{
	char path[PATH_MAX];
	char *const paths[] = {path, NULL};
	_cleanup_(fts_closep) FTS *fts = NULL;
	int err = own_path(fd, path, sizeof(path));

	if (err)
		return err;
	fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	err = fts ? 0 : -errno;
	for (FTSENT *entry; fts && (entry = fts_read(fts));)
		if (entry->fts_info == FTS_DP) /* the last one is its own */
			err = rmdir(entry->fts_accpath) ? -errno : 0;
	return err;
}

int writ_hierarchy_started(uint32_t pid, uint64_t *ret_ticks)
{
	unsigned long long ticks;
	char path[64], text[1024];
	const char *at;
	int err;

	(void)snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	err = read_text(AT_FDCWD, path, text, sizeof(text));
	if (err)
		return err;
	at = strrchr(text, ')'); /* behind the name, which may hold anything */
	if (!at || sscanf(at, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d "
			      "%*d %*d %*d %llu", &ticks) != 1)
		return -EBADMSG;
	*ret_ticks = ticks;
	return 0;
}
