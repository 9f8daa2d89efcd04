/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See ledger_file.h. SQLite takes a path and follows what it finds there, so the path is made safe
 * first: nobody but root and this user can change what it leads to. The files beside it (-wal,
 * -shm, -journal) are SQLite's; it makes them with the mode of the first.
 */
#include "broker/ledger_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/cleanup.h"

static const char *const beside[] = {"-wal", "-journal", "-shm"};

static int refuse(int err, char *error, size_t size, const char *path, const char *why)
{
	(void)snprintf(error, size, "ledger %s: %s", path, why);
	return err;
}

/* What is wrong with it, or NULL. */
static const char *judge(const struct stat *stat)
{
	if (S_ISLNK(stat->st_mode))
		return "is a symbolic link; name the file itself";
	if (!S_ISREG(stat->st_mode))
		return "is no regular file";
	if (stat->st_uid != geteuid())
		return "has another owner: give it to the broker's user, or move it away";
	if (stat->st_nlink != 1)
		return "has a second name (hard link): remove that one";
	if (stat->st_mode & 077)
		return "is open to others: chmod 600";
	return NULL;
}

static int resolve_directory(const char *path, char *error, size_t size, char ret_path[PATH_MAX])
{
	const char *name = strrchr(path, '/');
	size_t len = name ? (size_t)(name - path) : 1;
	_cleanup_free_ char *directory = strndup(name ? path : ".", len ? len : 1);
	_cleanup_free_ char *real = directory ? realpath(directory, NULL) : NULL;
	struct stat stat_of;

	name = name ? name + 1 : path;
	if (!real || stat(real, &stat_of))
		return refuse(-errno, error, size, path, "its directory is not there: make it");
	if (!*name || (size_t)snprintf(ret_path, PATH_MAX, "%s/%s", real, name) + 16 > PATH_MAX)
		return refuse(-ENAMETOOLONG, error, size, path, "is no name for a file");
	if ((stat_of.st_uid && stat_of.st_uid != geteuid()) || (stat_of.st_mode & 022))
		return refuse(-EPERM, error, size, path,
			      "others may write its directory: chown and chmod 700");
	return 0;
}

static int check_beside(const char *path, const struct stat *ledger, char *error, size_t size)
{
	char other[PATH_MAX + 16];
	struct stat stat;

	for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++) {
		const char *why;

		(void)snprintf(other, sizeof(other), "%s%s", path, beside[i]);
		if (lstat(other, &stat)) {
			if (errno == ENOENT)
				continue;
			return refuse(-errno, error, size, other, "can't be looked at");
		}
		why = judge(&stat);
		if (why)
			return refuse(-EPERM, error, size, other, why);
		/* SQLite would throw away what is in it. */
		if (i == 0 && !ledger->st_size && stat.st_size)
			return refuse(-EIO, error, size, path,
				      "is empty, and its -wal is not: put back a backup, or move "
				      "both away");
	}
	return 0;
}

int writ_ledger_file_prepare(const char *path, char *error, size_t size, char ret_path[PATH_MAX])
{
	char real[PATH_MAX];
	int err = resolve_directory(path, error, size, real);
	_cleanup_close_ int fd =
		err ? -1
		    : open(real, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY,
			   0600);
	struct stat stat;
	const char *why;

	if (err)
		return err;
	if (fd < 0 && errno == ELOOP)
		return refuse(-ELOOP, error, size, path,
			      "is a symbolic link; name the file itself");
	if (fd < 0 || fstat(fd, &stat))
		return refuse(-errno, error, size, path, strerror(errno));
	why = judge(&stat);
	if (why)
		return refuse(-EPERM, error, size, path, why);
	err = check_beside(real, &stat, error, size);
	if (!err)
		(void)snprintf(ret_path, PATH_MAX, "%s", real);
	return err;
}
