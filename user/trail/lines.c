/* SPDX-License-Identifier: Apache-2.0 */
/* See lines.h. */
#include "trail/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "lib/cleanup.h"

#define BLOCK (1u << 20)
_Static_assert(WRIT_LINES_MAX < BLOCK, "a block has room for the longest line");

struct writ_lines {
	gzFile file;
	bool over;	 /* nothing more in the file */
	uint64_t offset; /* of at */
	uint64_t given;	 /* of the line given out last */
	size_t at;
	size_t used;
	char block[BLOCK];
};

int writ_lines_open(const char *path, struct writ_lines **ret)
{
	_cleanup_close_ int fd =
		open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	_cleanup_(writ_lines_closep) struct writ_lines *lines = NULL;
	struct stat found;

	if (fd < 0 || fstat(fd, &found))
		return -errno;
	if (!S_ISREG(found.st_mode))
		return -EINVAL;
	lines = malloc(sizeof(*lines)); /* not cleared: the block is filled before it is read */
	if (!lines)
		return -ENOMEM;
	lines->over = false;
	lines->offset = lines->given = 0;
	lines->at = lines->used = 0;
	lines->file = gzdopen(fd, "rb");
	if (!lines->file)
		return -ENOMEM;
	(void)take_fd(&fd);
	(void)gzbuffer(lines->file, BLOCK / 4);
	*ret = take_ptr(lines);
	return 0;
}

void writ_lines_close(struct writ_lines *lines)
{
	if (!lines)
		return;
	if (lines->file)
		(void)gzclose_r(lines->file);
	free(lines);
}

/* Moves what is left to the front, and reads until the block is full or the file is over. */
static int fill(struct writ_lines *lines)
{
	int n, error = Z_OK;

	memmove(lines->block, lines->block + lines->at, lines->used - lines->at);
	lines->used -= lines->at;
	lines->at = 0;
	n = gzread(lines->file, lines->block + lines->used, (unsigned int)(BLOCK - lines->used));
	if (n <= 0)
		(void)gzerror(lines->file, &error);
	if (error == Z_ERRNO && errno)
		return -errno;
	if (n < 0 || error == Z_BUF_ERROR) /* the latter: it ends in the middle */
		return -EBADMSG;
	lines->used += (size_t)n;
	lines->over = !n;
	return 0;
}

int writ_lines_next(struct writ_lines *lines, const char **ret_line, size_t *ret_len)
{
	const char *newline = NULL;
	size_t have;

	for (;;) {
		const char *start = lines->block + lines->at;

		have = lines->used - lines->at;
		newline = have ? memchr(start, '\n', have) : NULL;
		if (newline || lines->over || have >= WRIT_LINES_MAX)
			break;
		int err = fill(lines);

		if (err)
			return err;
	}
	if (!have)
		return 0;
	*ret_line = lines->block + lines->at;
	*ret_len = newline ? (size_t)(newline - *ret_line) + 1 : have;
	lines->given = lines->offset;
	lines->at += *ret_len;
	lines->offset += *ret_len;
	return 1;
}

uint64_t writ_lines_offset(const struct writ_lines *lines)
{
	return lines->given;
}
