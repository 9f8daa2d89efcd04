/* SPDX-License-Identifier: Apache-2.0 */
/* See log_files.h. Everything is looked at first, by descriptor; then it is given away. */
#include "daemon/log_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/log.h"

struct owner {
	const char *directory;
	const char *name; /* of the log */
	uid_t uid;
	gid_t gid;
	bool is_theirs; /* the directory: what else is in it is the user's business */
};

static bool is_of_log(const struct owner *owner, const char *name)
{
	return !strncmp(name, owner->name, strlen(owner->name));
}

/* -EINVAL, logged: not a file that can be given away. */
static int check_file(const struct owner *owner, const char *name, const struct stat *status)
{
	if (S_ISREG(status->st_mode) && status->st_nlink == 1 &&
	    (!status->st_uid || status->st_uid == owner->uid))
		return 0;
	return writ_log_errno(-EINVAL,
			      "%s/%s can't be the audit log's: it must be a regular file with one "
			      "name, of root or of the log's user; move it away",
			      owner->directory, name);
}

static int check_entry(const struct owner *owner, int dir, const char *name)
{
	struct stat status;

	if (!strcmp(name, ".") || !strcmp(name, "..") || !strcmp(name, "lost+found"))
		return 0;
	if (fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : -errno;
	if (is_of_log(owner, name))
		return check_file(owner, name, &status);
	if (owner->is_theirs)
		return 0;
	return writ_log_errno(-EEXIST,
			      "%s holds %s, which is none of the audit log's; name a log in a "
			      "directory of its own, for that becomes its user's",
			      owner->directory, name);
}

/* The name may mean another file by now: what is opened is looked at again. */
static int give_entry(const struct owner *owner, int dir, const char *name)
{
	_cleanup_close_ int fd = -1;
	struct stat status;
	int err;

	if (!is_of_log(owner, name))
		return 0;
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status))
		return errno == ENOENT ? 0
				       : writ_log_errno(-errno, "%s/%s", owner->directory, name);
	err = check_file(owner, name, &status);
	if (!err && (fchown(fd, owner->uid, owner->gid) || fchmod(fd, 0640)))
		err = writ_log_errno(-errno, "%s/%s", owner->directory, name);
	return err;
}

static int each_entry(const struct owner *owner, int dir,
		      int (*visit)(const struct owner *owner, int dir, const char *name))
{
	_cleanup_closedir_ DIR *entries = NULL;
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = 0;

	if (copy < 0)
		return -errno;
	entries = fdopendir(copy);
	if (!entries) {
		(void)close(copy);
		return -ENOMEM;
	}
	for (struct dirent *entry; !err && (entry = readdir(entries));)
		err = visit(owner, dir, entry->d_name);
	return err;
}

static int check_directory(struct owner *owner, int dir)
{
	struct stat status;

	if (fstat(dir, &status))
		return -errno;
	owner->is_theirs = status.st_uid == owner->uid;
	if (!owner->is_theirs && status.st_uid)
		return writ_log_errno(-EPERM,
				      "audit log's directory %s is of uid %u, neither root's nor "
				      "the log's user's",
				      owner->directory, status.st_uid);
	return each_entry(owner, dir, check_entry);
}

int writ_log_files_own(const char *log, uid_t uid, gid_t gid)
{
	struct owner owner = {.uid = uid, .gid = gid};
	_cleanup_close_ int dir = -1;
	char directory[PATH_MAX];
	char *slash;
	int err;

	if ((size_t)snprintf(directory, sizeof(directory), "%s", log) >= sizeof(directory))
		return writ_log_errno(-ENAMETOOLONG, "audit log %s", log);
	slash = strrchr(directory, '/');
	if (!slash || slash == directory || !slash[1])
		return writ_log_errno(-EINVAL,
				      "audit log %s: name a file, with its path, in a directory of "
				      "its own",
				      log);
	*slash = '\0';
	owner.directory = directory;
	owner.name = slash + 1;
	if (mkdir(directory, 0750) && errno != EEXIST)
		return writ_log_errno(-errno, "audit log's directory %s", directory);
	dir = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return writ_log_errno(-errno, "audit log's directory %s", directory);
	err = check_directory(&owner, dir);
	if (!err)
		err = each_entry(&owner, dir, give_entry);
	if (!err && (fchown(dir, uid, gid) || fchmod(dir, 0750)))
		err = writ_log_errno(-errno, "audit log's directory %s", directory);
	return err;
}
