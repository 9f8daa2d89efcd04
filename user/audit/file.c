/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See file.h. The buffer begins at the start of a line, always: bytes [0, sent) are in the file
 * already, [sent, used) are not. So a line that was written in part when its file was rotated
 * away is written again, whole, into the new one.
 */
#include "audit/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/cleanup.h"

struct writ_file {
	int fd;
	int error; /* of the last attempt to write; while it is set only a flush tries again */
	dev_t device;
	ino_t inode;
	uint64_t cut;
	size_t used;
	size_t sent;
	char path[WRIT_FILE_PATH_SIZE];
	char buffer[WRIT_FILE_BUFFER_SIZE + 1]; /* one more: the newline that ends a cut line */
};

static int make_directory(const char *path)
{
	char directory[WRIT_FILE_PATH_SIZE];
	const char *slash = strrchr(path, '/');

	if (!slash || slash == path)
		return 0;
	(void)memcpy(directory, path, (size_t)(slash - path));
	directory[slash - path] = '\0';
	return mkdir(directory, 0750) && errno != EEXIST ? -errno : 0;
}

/* O_NONBLOCK: a FIFO in the file's place must not make the open wait. */
static int open_regular(const char *path, struct stat *ret_stat, int *ret_fd)
{
	const int flags = O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	_cleanup_close_ int fd = open(path, flags, 0640);
	struct stat found = {0};

	if (fd < 0)
		return -errno;
	if (fstat(fd, &found))
		return -errno;
	if (!S_ISREG(found.st_mode))
		return -EINVAL;
	*ret_stat = found;
	*ret_fd = take_fd(&fd);
	return 0;
}

static int ends_in_newline(int fd, off_t size, bool *ret)
{
	char last = '\n';

	if (size > 0 && pread(fd, &last, 1, size - 1) < 0)
		return -errno;
	*ret = last == '\n';
	return 0;
}

/* Opens the path anew and makes it the file; on failure the old one stays. */
static int open_anew(struct writ_file *file)
{
	_cleanup_close_ int fd = -1;
	bool whole = true;
	struct stat found = {0};
	int err;

	err = make_directory(file->path);
	if (err)
		return err;
	err = open_regular(file->path, &found, &fd);
	if (err)
		return err;
	err = ends_in_newline(fd, found.st_size, &whole);
	if (err)
		return err;
	if (file->fd >= 0)
		(void)close(file->fd);
	file->fd = take_fd(&fd);
	file->device = found.st_dev;
	file->inode = found.st_ino;
	file->sent = 0;
	if (whole || file->used == sizeof(file->buffer))
		return 0;
	memmove(file->buffer + 1, file->buffer, file->used++);
	file->buffer[0] = '\n';
	file->cut++;
	return 0;
}

int writ_file_open(const char *path, struct writ_file **ret)
{
	_cleanup_(writ_file_closep) struct writ_file *file = NULL;
	size_t len = strlen(path);
	int err;

	if (len >= WRIT_FILE_PATH_SIZE)
		return -ENAMETOOLONG;
	file = calloc(1, sizeof(*file));
	if (!file)
		return -ENOMEM;
	file->fd = -1;
	memcpy(file->path, path, len + 1);
	err = open_anew(file);
	if (err)
		return err;
	*ret = take_ptr(file);
	return 0;
}

void writ_file_close(struct writ_file *file)
{
	if (!file)
		return;
	if (file->fd >= 0) {
		(void)writ_file_flush(file);
		(void)close(file->fd);
	}
	free(file);
}

static bool is_rotated(const struct writ_file *file)
{
	struct stat found = {0};

	if (lstat(file->path, &found))
		return errno == ENOENT;
	return found.st_ino != file->inode || found.st_dev != file->device;
}

/* Drops the whole lines that were sent from the buffer. */
static void compact(struct writ_file *file)
{
	const char *last = memrchr(file->buffer, '\n', file->sent);
	size_t gone = last ? (size_t)(last - file->buffer) + 1 : 0;

	memmove(file->buffer, file->buffer + gone, file->used - gone);
	file->used -= gone;
	file->sent -= gone;
}

static int drain(struct writ_file *file)
{
	int err = 0;

	while (!err && file->sent < file->used) {
		ssize_t n = write(file->fd, file->buffer + file->sent, file->used - file->sent);

		if (n > 0)
			file->sent += (size_t)n;
		else if (n == 0 || errno != EINTR)
			err = n ? -errno : -EIO;
	}
	compact(file);
	return err;
}

int writ_file_flush(struct writ_file *file)
{
	int err = 0;

	if (file->used == file->sent)
		return 0;
	if (is_rotated(file))
		err = open_anew(file);
	if (!err)
		err = drain(file);
	file->error = err;
	return err;
}

int writ_file_put(struct writ_file *file, const char *line, size_t len)
{
	if (len > WRIT_FILE_BUFFER_SIZE || file->used > WRIT_FILE_BUFFER_SIZE - len)
		return -ENOBUFS;
	memcpy(file->buffer + file->used, line, len);
	file->used += len;
	if (!file->error && file->used >= WRIT_FILE_BUFFER_SIZE / 4)
		(void)writ_file_flush(file);
	return 0;
}

uint64_t writ_file_take_cut(struct writ_file *file)
{
	uint64_t cut = file->cut;

	file->cut = 0;
	return cut;
}
