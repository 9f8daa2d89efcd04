/* SPDX-License-Identifier: Apache-2.0 */
/* See state.h. After a crash at any point there is the old file or the new one. */
#include "daemon/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "lib/cleanup.h"

#define NAME_MAX_ 64

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		bytes += n;
		len -= (size_t)n;
	}
	return fsync(fd) ? -errno : 0;
}

int writ_state_write(const char *directory, const char *name, const char *bytes, size_t len)
{
	_cleanup_close_ int dir = -1, fd = -1;
	char beside[NAME_MAX_];
	int err;

	if (mkdir(directory, 0700) && errno != EEXIST)
		return -errno;
	if ((size_t)snprintf(beside, sizeof(beside), "%s.new", name) >= sizeof(beside))
		return -ENAMETOOLONG;
	dir = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return -errno;
	if (unlinkat(dir, beside, 0) && errno != ENOENT)
		return -errno;
	fd = openat(dir, beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	err = write_all(fd, bytes, len);
	if (!err && renameat(dir, beside, dir, name))
		err = -errno;
	return err ? err : (fsync(dir) ? -errno : 0);
}

static int read_all(int fd, char *bytes, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = read(fd, bytes + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		done += (size_t)n;
	}
	return 0;
}

int writ_state_read(const char *directory, const char *name, char **ret_bytes)
{
	_cleanup_close_ int dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int fd = -1;
	_cleanup_free_ char *bytes = NULL;
	struct stat status;
	int err;

	if (dir < 0)
		return -errno;
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status))
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -EINVAL;
	if (status.st_size > (off_t)WRIT_STATE_SIZE_MAX)
		return -EFBIG;
	bytes = calloc(1, (size_t)status.st_size + 1);
	if (!bytes)
		return -ENOMEM;
	err = read_all(fd, bytes, (size_t)status.st_size);
	if (!err)
		*ret_bytes = take_ptr(bytes);
	return err;
}
