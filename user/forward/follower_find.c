/* SPDX-License-Identifier: Apache-2.0 */
/* See follower_state.h: which file comes next, and is it still the one in which the reader was? */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "forward/follower_state.h"
#include "lib/cleanup.h"
#include "trail/seal.h"
#include "trail/segment.h"

void writ_follower_drop(struct writ_follower *follower)
{
	writ_closep(&follower->fd);
	follower->fd = -1;
	writ_lines_close(follower->packed);
	follower->packed = NULL;
	follower->at = follower->used = 0;
}

/* Opens a plain file, and sees which one it is. */
static int open_plain(struct writ_follower *follower, const char *path)
{
	_cleanup_close_ int fd =
		open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	struct stat found;

	if (fd < 0 || fstat(fd, &found))
		return -errno;
	if (!S_ISREG(found.st_mode))
		return -EINVAL;
	writ_follower_drop(follower);
	follower->device = found.st_dev;
	follower->inode = found.st_ino;
	follower->fd = take_fd(&fd);
	follower->start = 0;
	return 0;
}

static int open_packed(struct writ_follower *follower, const char *path)
{
	struct writ_lines *lines = NULL;
	int err = writ_lines_open(path, &lines);

	if (err)
		return err;
	writ_follower_drop(follower);
	follower->packed = lines;
	return 0;
}

/* The number of the open segment, from its first line. -EAGAIN: it is not written yet. */
static int read_number(const struct writ_follower *follower, uint64_t *ret_number)
{
	char line[WRIT_SEAL_SIZE + WRIT_CHAIN_ROOM];
	struct writ_seal seal;
	ssize_t n = pread(follower->fd, line, sizeof(line), 0);
	const char *end = n > 0 ? memchr(line, '\n', (size_t)n) : NULL;

	if (n < 0)
		return -errno;
	if (!end)
		return n == (ssize_t)sizeof(line) ? -EBADMSG : -EAGAIN;
	if (writ_seal_read(line, (size_t)(end - line) + 1, &seal) || seal.type != WRIT_SEAL_SEGMENT)
		return -EBADMSG;
	*ret_number = seal.segment;
	return 0;
}

/* A segment that is opened is read from its first line, or from where its reader was. */
void writ_follower_begin(struct writ_follower *follower, uint64_t number)
{
	follower->place = (struct writ_place){.segment = number};
	follower->next = number;
}

static int open_log(struct writ_follower *follower, uint64_t *ret_number)
{
	int err = open_plain(follower, follower->log);

	if (!err)
		err = read_number(follower, ret_number);
	if (err)
		writ_follower_drop(follower);
	return err;
}

int writ_follower_find(struct writ_follower *follower, uint64_t *ret_number)
{
	uint64_t wanted = follower->next == UINT64_MAX ? 0 : follower->next;
	struct writ_segment *segments = NULL;
	size_t n = 0, i = 0;
	int err = writ_segments_list(follower->log, &segments, &n);

	if (err)
		return err;
	while (i < n && (segments[i].number < wanted ||
			 (follower->newest && segments[i].number != WRIT_SEGMENT_OPEN)))
		i++;
	if (i == n)
		err = -ENOENT;
	else if (segments[i].number == WRIT_SEGMENT_OPEN)
		err = open_log(follower, ret_number);
	else
		err = segments[i].packed ? open_packed(follower, segments[i].path)
					 : open_plain(follower, segments[i].path);
	if (!err && segments[i].number != WRIT_SEGMENT_OPEN)
		*ret_number = segments[i].number;
	if (!err)
		follower->closed = segments[i].number != WRIT_SEGMENT_OPEN;
	if (err == -ENOENT && i < n) /* renamed or packed since it was listed */
		err = -EAGAIN;
	writ_segments_free(segments, n);
	return err;
}

/* Is what is behind `resume` still what was read? Then the reader goes on there. */
static int skip_plain(struct writ_follower *follower, bool *ret_fits)
{
	const struct writ_place *resume = &follower->resume;
	char end[WRIT_CHAIN_ROOM + 3]; /* of a line, which has more before it */
	struct writ_chain chain;
	ssize_t n;

	*ret_fits = false;
	if (resume->offset < sizeof(end))
		return 0;
	n = pread(follower->fd, end, sizeof(end), (off_t)(resume->offset - sizeof(end)));
	if (n < 0)
		return -errno;
	if (n != (ssize_t)sizeof(end) || writ_chain_read(end, sizeof(end), &chain) ||
	    memcmp(chain.head, resume->head, sizeof(chain.head)) != 0)
		return 0;
	follower->start = resume->offset;
	*ret_fits = true;
	return 0;
}

static int skip_packed(struct writ_follower *follower, bool *ret_fits)
{
	const struct writ_place *resume = &follower->resume;
	struct writ_chain chain = {0};
	const char *line = NULL;
	uint64_t offset = 0;
	size_t len = 0;
	int more = 1;

	while (offset < resume->offset &&
	       (more = writ_lines_next(follower->packed, &line, &len)) > 0)
		offset += len;
	if (more < 0)
		return more;
	*ret_fits = offset == resume->offset && line && !writ_chain_read(line, len, &chain) &&
		    !memcmp(chain.head, resume->head, sizeof(chain.head));
	return 0;
}

int writ_follower_skip(struct writ_follower *follower)
{
	bool fits = false;
	int err;

	if (!follower->resume.offset)
		return 0;
	err = follower->packed ? skip_packed(follower, &fits) : skip_plain(follower, &fits);
	if (err)
		return err;
	if (fits) {
		follower->place = follower->resume;
		return 0;
	}
	return 1;
}
