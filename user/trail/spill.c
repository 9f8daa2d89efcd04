/* SPDX-License-Identifier: Apache-2.0 */
/* See spill.h. */
#include "trail/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "trail/state.h"

#define FLAGS (O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
#define CHUNK (64u << 10)
#define RETURN_MAX (4u << 20) /* at a time: it is synced, and the ring waits meanwhile */

/* All of it at @offset. What a disk has taken in part is written again from its first byte. */
static int write_at(int fd, const char *bytes, size_t len, uint64_t offset)
{
	while (len) {
		ssize_t n = pwrite(fd, bytes, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		bytes += n;
		len -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

static int write_header(int fd, uint64_t segment, uint64_t offset)
{
	char header[WRIT_SPILL_HEADER + 1];

	(void)snprintf(header, sizeof(header), "writ-spill 1 %llu %llu",
		       (unsigned long long)segment, (unsigned long long)offset);
	for (size_t at = strlen(header); at < WRIT_SPILL_HEADER; at++)
		header[at] = ' ';
	header[WRIT_SPILL_HEADER - 1] = '\n';
	return write_at(fd, header, WRIT_SPILL_HEADER, 0);
}

/* The segment's bytes up to `sent` are in its file: a piece of a line behind them comes again. */
int writ_spill_begin(struct writ_trail *trail, int err)
{
	const struct writ_trail_settings *settings = &trail->settings;
	struct writ_spill *spill = &trail->spill;
	_cleanup_close_ int fd = -1;

	if (!settings->spill || !settings->spill_bytes || trail->step == WRIT_TRAIL_CLOSE ||
	    trail->step == WRIT_TRAIL_MOVE)
		return err;
	fd = open(settings->spill, FLAGS | O_CREAT | O_EXCL, 0640);
	if (fd < 0)
		return err;
	if (write_header(fd, trail->segment, trail->sent - trail->segment_at)) {
		(void)unlink(settings->spill);
		return err;
	}
	*spill = (struct writ_spill){.fd = take_fd(&fd), .begin = trail->sent, .dirty = true};
	return 0;
}

int writ_spill_put(struct writ_trail *trail, const char *lines, size_t len)
{
	struct writ_spill *spill = &trail->spill;
	int err;

	if (spill->size + len > trail->settings.spill_bytes)
		return -ENOSPC;
	err = write_at(spill->fd, lines, len, WRIT_SPILL_HEADER + spill->size);
	if (err)
		return err;
	spill->size += len;
	spill->dirty = true;
	return 0;
}

/* The piece of a line that the segment has behind what is known to be in it comes again, whole. */
static int trim(struct writ_trail *trail, uint64_t end)
{
	struct stat found;

	if (fstat(trail->fd, &found))
		return -errno;
	if ((uint64_t)found.st_size > end && ftruncate(trail->fd, (off_t)end))
		return -errno;
	trail->torn = 0;
	return 0;
}

static int copy(struct writ_trail *trail, uint64_t end)
{
	struct writ_spill *spill = &trail->spill;
	static char chunk[CHUNK];
	int err = 0;

	while (!err && spill->copied < end) {
		uint64_t left = end - spill->copied;
		ssize_t n = pread(spill->fd, chunk, left < CHUNK ? (size_t)left : CHUNK,
				  (off_t)(WRIT_SPILL_HEADER + spill->copied));
		ssize_t put = n > 0 ? write(trail->fd, chunk, (size_t)n) : n;

		if (put > 0)
			spill->copied += (uint64_t)put;
		else if (put == 0 || errno != EINTR)
			err = put ? -errno : -EIO;
	}
	return err;
}

/* The worker may be at its descriptor: then at the next call. */
static int end(struct writ_trail *trail)
{
	if (trail->asked != WRIT_TRAIL_ASKED_NOTHING)
		return 0;
	if (unlink(trail->settings.spill) && errno != ENOENT)
		return -errno;
	writ_closep(&trail->spill.fd);
	trail->returned += trail->spill.size > 0;
	trail->spill = (struct writ_spill){.fd = -1};
	return 0;
}

int writ_spill_return(struct writ_trail *trail)
{
	struct writ_spill *spill = &trail->spill;
	uint64_t at = spill->begin + spill->copied - trail->segment_at, before = spill->copied;
	uint64_t last = spill->size - spill->copied < RETURN_MAX ? spill->size
								 : spill->copied + RETURN_MAX;
	int err = trim(trail, at);

	if (!err)
		err = copy(trail, last);
	if (spill->copied != before && fdatasync(trail->fd) && !err)
		err = -errno;
	if (!err && spill->copied == spill->size)
		err = end(trail);
	return err;
}

int writ_spill_find(const char *path, struct writ_spill_found *ret)
{
	_cleanup_close_ int fd = open(path, FLAGS);
	char header[WRIT_SPILL_HEADER + 1] = "", more;
	unsigned long long segment, offset;
	struct stat found;

	if (fd < 0)
		return errno == ENOENT ? -ENOENT : -EBADMSG;
	if (fstat(fd, &found) || !S_ISREG(found.st_mode))
		return -EBADMSG;
	if (found.st_size < (off_t)WRIT_SPILL_HEADER) /* killed before the first line */
		return unlink(path) ? -EBADMSG : -ENOENT;
	if (pread(fd, header, WRIT_SPILL_HEADER, 0) != WRIT_SPILL_HEADER ||
	    sscanf(header, "writ-spill 1 %20llu %20llu %c", &segment, &offset, &more) != 2)
		return -EBADMSG;
	*ret = (struct writ_spill_found){segment, offset,
					 (uint64_t)found.st_size - WRIT_SPILL_HEADER};
	return 0;
}

int writ_spill_reopen(struct writ_trail *trail, uint64_t size, uint64_t copied)
{
	_cleanup_close_ int fd = open(trail->settings.spill, FLAGS);

	if (fd < 0 || ftruncate(fd, (off_t)(WRIT_SPILL_HEADER + size)))
		return -errno;
	trail->spill = (struct writ_spill){
		.fd = take_fd(&fd),
		.begin = trail->sent - size,
		.size = size,
		.copied = copied,
	};
	return 0;
}
