/* SPDX-License-Identifier: Apache-2.0 */
/* See follow.h. Reads by offset, so that the same descriptor can count lines in between. */
#include "cli/follow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/cleanup.h"

struct writ_follow {
	int fd;
	dev_t device;
	ino_t inode;
	uint64_t offset;  /* of buffer[0] in the file */
	uint64_t counted; /* there are `number` newlines before this offset */
	uint64_t number;
	size_t at; /* start of the next line in the buffer */
	size_t used;
	char *path;
	char buffer[2 * WRIT_FOLLOW_LINE_MAX + 1];
};

static int open_file(struct writ_follow *follow)
{
	_cleanup_close_ int fd = open(follow->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat found;

	if (fd < 0 || fstat(fd, &found))
		return -errno;
	if (!S_ISREG(found.st_mode))
		return -EINVAL;
	if (follow->fd >= 0)
		(void)close(follow->fd);
	follow->fd = take_fd(&fd);
	follow->device = found.st_dev;
	follow->inode = found.st_ino;
	follow->offset = follow->counted = follow->number = 0;
	follow->at = follow->used = 0;
	return 0;
}

/* Finds where the last @n lines begin, block by block from the end. */
static int seek_last(struct writ_follow *follow, uint64_t n)
{
	struct stat found;
	uint64_t end, lines = 0;

	if (fstat(follow->fd, &found))
		return -errno;
	end = (uint64_t)found.st_size;
	follow->offset = end;
	if (!n)
		return 0;
	for (uint64_t left = end; left;) {
		size_t size = left < WRIT_FOLLOW_LINE_MAX ? left : WRIT_FOLLOW_LINE_MAX;
		ssize_t len = pread(follow->fd, follow->buffer, size, (off_t)(left - size));

		if (len != (ssize_t)size)
			return len < 0 ? -errno : -EIO;
		left -= size;
		for (size_t i = size; i--;) {
			if (follow->buffer[i] != '\n' || left + i + 1 == end)
				continue;
			if (++lines >= n) {
				follow->offset = left + i + 1;
				return 0;
			}
		}
	}
	follow->offset = 0;
	return 0;
}

int writ_follow_open(const char *path, uint64_t n, struct writ_follow **ret)
{
	_cleanup_(writ_follow_closep) struct writ_follow *follow = calloc(1, sizeof(*follow));
	int err;

	if (!follow)
		return -ENOMEM;
	follow->fd = -1;
	follow->path = strdup(path);
	if (!follow->path)
		return -ENOMEM;
	err = open_file(follow);
	if (!err)
		err = seek_last(follow, n);
	if (err)
		return err;
	*ret = take_ptr(follow);
	return 0;
}

void writ_follow_close(struct writ_follow *follow)
{
	if (!follow)
		return;
	if (follow->fd >= 0)
		(void)close(follow->fd);
	free(follow->path);
	free(follow);
}

/* Reads on behind what is in the buffer. Returns the bytes read, 0 at the end, or -errno. */
static ssize_t fill(struct writ_follow *follow)
{
	ssize_t len;

	memmove(follow->buffer, follow->buffer + follow->at, follow->used - follow->at);
	follow->offset += follow->at;
	follow->used -= follow->at;
	follow->at = 0;
	len = pread(follow->fd, follow->buffer + follow->used,
		    sizeof(follow->buffer) - 1 - follow->used,
		    (off_t)(follow->offset + follow->used));
	if (len < 0)
		return -errno;
	follow->used += (size_t)len;
	return len;
}

static int give(struct writ_follow *follow, size_t len, bool cut, struct writ_line *ret)
{
	char *text = follow->buffer + follow->at;

	text[len] = '\0';
	*ret = (struct writ_line){
		.text = text, .len = len, .offset = follow->offset + follow->at, .cut = cut};
	follow->at += len + !cut;
	return 1;
}

int writ_follow_next(struct writ_follow *follow, bool last, struct writ_line *ret)
{
	while (true) {
		const char *text = follow->buffer + follow->at;
		size_t left = follow->used - follow->at;
		const char *end = memchr(text, '\n', left);
		ssize_t len;

		if (end)
			return give(follow, (size_t)(end - text), false, ret);
		if (left >= WRIT_FOLLOW_LINE_MAX)
			return give(follow, left, true, ret);
		len = fill(follow);
		if (len < 0)
			return (int)len;
		if (!len)
			return last && follow->used ? give(follow, follow->used, true, ret) : 0;
	}
}

int writ_follow_over(struct writ_follow *follow)
{
	uint64_t read_to = follow->offset + follow->used;
	struct stat path, file;

	if (stat(follow->path, &path))
		return errno == ENOENT ? 0 : -errno; /* between two rotation steps */
	if (fstat(follow->fd, &file))
		return -errno;
	if ((uint64_t)file.st_size != read_to)
		return (uint64_t)file.st_size < read_to;
	return path.st_ino != follow->inode || path.st_dev != follow->device;
}

int writ_follow_reopen(struct writ_follow *follow)
{
	return open_file(follow);
}

uint64_t writ_follow_number(struct writ_follow *follow, uint64_t offset)
{
	char block[4096];

	if (offset < follow->counted)
		follow->counted = follow->number = 0;
	while (follow->counted < offset) {
		uint64_t left = offset - follow->counted;
		size_t size = left < sizeof(block) ? left : sizeof(block);
		ssize_t len = pread(follow->fd, block, size, (off_t)follow->counted);

		if (len <= 0)
			break;
		for (ssize_t i = 0; i < len; i++)
			follow->number += block[i] == '\n';
		follow->counted += (uint64_t)len;
	}
	return follow->number + 1;
}
