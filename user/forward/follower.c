/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See follower.h. The file in hand stays open when its writer closes, packs or removes it, so a
 * segment that was begun is read to its end. Only then the next one is looked for, by its number.
 */
#include "forward/follower.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "forward/follower_state.h"
#include "lib/cleanup.h"

#define TRIES 8 /* a file that was listed may be packed or closed before it is opened */

int writ_follower_open(const char *log, const struct writ_place *place,
		       enum writ_follower_start start, struct writ_follower **ret)
{
	struct writ_follower *follower = malloc(sizeof(*follower));

	if (!follower)
		return -ENOMEM;
	memset(follower, 0, offsetof(struct writ_follower, buffer));
	follower->log = log;
	follower->fd = -1;
	follower->next = place ? place->segment : UINT64_MAX;
	follower->newest = !place && start == WRIT_FOLLOWER_NEWEST;
	if (place) {
		follower->place = follower->resume = *place;
		follower->have_resume = true;
	}
	*ret = follower;
	return 0;
}

void writ_follower_close(struct writ_follower *follower)
{
	if (!follower)
		return;
	writ_follower_drop(follower);
	free(follower);
}

void writ_follower_lost(const struct writ_follower *follower, struct writ_followed_lost *ret)
{
	*ret = follower->lost;
}

void writ_follower_place(const struct writ_follower *follower, struct writ_place *ret)
{
	*ret = follower->place;
}

/* Behind what the open segment has now, at a line's start. */
static int skip_to_end(struct writ_follower *follower)
{
	enum writ_followed said = WRIT_FOLLOWED_LINE;
	const char *line;
	size_t len;
	int err = 0;

	follower->newest = false;
	while (!err && said == WRIT_FOLLOWED_LINE)
		err = writ_follower_next(follower, &said, &line, &len);
	return err;
}

/* Opens what comes next. 0: there is one in hand, or none yet (*ret END). */
static int advance(struct writ_follower *follower, enum writ_followed *ret)
{
	const uint64_t wanted = follower->next;
	const bool newest = follower->newest;
	uint64_t number = 0;
	int err = -EAGAIN;

	for (int i = 0; i < TRIES && err == -EAGAIN; i++)
		err = writ_follower_find(follower, &number);
	*ret = WRIT_FOLLOWED_END;
	if (err)
		return err == -EAGAIN || err == -ENOENT ? 0 : err;
	if (wanted != UINT64_MAX &&
	    number < wanted) { /* the one that was read; the next is not there */
		writ_follower_drop(follower);
		return 0;
	}
	writ_follower_begin(follower, number);
	if (wanted != UINT64_MAX && number > wanted) {
		follower->lost = (struct writ_followed_lost){wanted, number - 1, number - wanted};
		follower->have_resume = false;
		*ret = WRIT_FOLLOWED_LOST;
		return 0;
	}
	err = follower->have_resume ? writ_follower_skip(follower) : 0;
	if (err == 1) {
		writ_follower_drop(follower);
		follower->resume = follower->place;
		*ret = WRIT_FOLLOWED_AGAIN;
		return 0;
	}
	follower->have_resume = false;
	*ret = WRIT_FOLLOWED_LINE;
	return !err && newest ? skip_to_end(follower) : err;
}

/* More of a plain file behind what is in the buffer, of which the start goes. */
static int fill(struct writ_follower *follower)
{
	size_t left = follower->used - follower->at;
	ssize_t n;

	memmove(follower->buffer, follower->buffer + follower->at, left);
	follower->start += follower->at;
	follower->at = 0;
	follower->used = left;
	n = pread(follower->fd, follower->buffer + left, WRIT_FOLLOWER_BLOCK - left,
		  (off_t)(follower->start + left));
	if (n < 0)
		return -errno;
	follower->used += (size_t)n;
	return n > 0;
}

/* 1: a line; 0: none that is whole. One that is too long is given out in pieces. */
static int next_plain(struct writ_follower *follower, const char **ret_line, size_t *ret_len)
{
	for (;;) {
		const char *at = follower->buffer + follower->at;
		size_t have = follower->used - follower->at;
		const char *newline = have ? memchr(at, '\n', have) : NULL;
		int more;

		if (newline || have >= WRIT_LINES_MAX) {
			*ret_line = at;
			*ret_len = newline ? (size_t)(newline - at) + 1 : WRIT_LINES_MAX;
			follower->at += *ret_len;
			return 1;
		}
		more = fill(follower);
		if (more <= 0) {
			follower->used = follower->at; /* a cut line is read anew */
			return more;
		}
	}
}

static int next_line(struct writ_follower *follower, const char **ret_line, size_t *ret_len)
{
	struct writ_chain chain = {0};
	int more = follower->packed ? writ_lines_next(follower->packed, ret_line, ret_len)
				    : next_plain(follower, ret_line, ret_len);

	if (more != 1)
		return more;
	follower->place.offset += *ret_len;
	follower->place.line++;
	(void)writ_chain_read(*ret_line, *ret_len, &chain);
	memcpy(follower->place.head, chain.head, sizeof(chain.head));
	return 1;
}

/*
 * Nothing more will be written into the file in hand. Another one must be there: while there is
 * none, its writer may still have the old one open.
 */
static bool is_over(const struct writ_follower *follower)
{
	struct stat found;

	if (follower->closed)
		return true;
	return !lstat(follower->log, &found) &&
	       (found.st_ino != follower->inode || found.st_dev != follower->device);
}

/* The open segment was shortened below what was read: a power cut took it, or somebody. */
static bool is_shorter(const struct writ_follower *follower)
{
	struct stat found;

	return follower->fd >= 0 && !fstat(follower->fd, &found) &&
	       (uint64_t)found.st_size < follower->place.offset;
}

static int again(struct writ_follower *follower, enum writ_followed *ret)
{
	writ_follower_begin(follower, follower->place.segment);
	writ_follower_drop(follower);
	*ret = WRIT_FOLLOWED_AGAIN;
	return 0;
}

static void leave(struct writ_follower *follower)
{
	writ_follower_drop(follower);
	follower->next = follower->place.segment + 1;
}

int writ_follower_next(struct writ_follower *follower, enum writ_followed *ret,
		       const char **ret_line, size_t *ret_len)
{
	for (;;) {
		bool over;
		int err = 0;

		if (follower->fd < 0 && !follower->packed) {
			err = advance(follower, ret);
			if (err || *ret != WRIT_FOLLOWED_LINE)
				return err;
		}
		over = is_over(follower); /* asked first: what was written before it was closed */
		err = next_line(follower, ret_line, ret_len);
		if (err == -EBADMSG)
			leave(follower);
		if (err) {
			*ret = WRIT_FOLLOWED_LINE;
			return err < 0 ? err : 0;
		}
		if (is_shorter(follower))
			return again(follower, ret);
		if (!over) {
			*ret = WRIT_FOLLOWED_END;
			return 0;
		}
		leave(follower);
	}
}
