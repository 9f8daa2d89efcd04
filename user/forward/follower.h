/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the log line by line from a place on, whatever its writer does meanwhile: segments are
 * closed, packed and removed, and a new one is begun. A reader that was away goes on where it was;
 * what is not there any more it is told. It never waits.
 */
#ifndef WRIT_FORWARD_FOLLOWER_H
#define WRIT_FORWARD_FOLLOWER_H

#include <stddef.h>
#include <stdint.h>

#include "forward/position.h"

struct writ_follower;

/* What the follower says of the log, beside its lines. */
enum writ_followed {
	WRIT_FOLLOWED_END,   /* no more lines now */
	WRIT_FOLLOWED_LINE,  /* one */
	WRIT_FOLLOWED_LOST,  /* segments were removed before they were read */
	WRIT_FOLLOWED_AGAIN, /* the file is not the one that was read: from its first line again */
};

struct writ_followed_lost {
	uint64_t first; /* segments; the reader was within the first of them or before it */
	uint64_t last;
	uint64_t segments;
};

/* Where to begin when there is no place to go on from. */
enum writ_follower_start {
	WRIT_FOLLOWER_OLDEST, /* at the first line that is there */
	WRIT_FOLLOWER_NEWEST, /* behind the last one that is there now */
};

/*
 * @log is the path of the open segment, which need not be there yet; it must stay. With @place
 * (else NULL) it goes on there.
 */
int writ_follower_open(const char *log, const struct writ_place *place,
		       enum writ_follower_start start, struct writ_follower **ret);
void writ_follower_close(struct writ_follower *follower);

static inline void writ_follower_closep(struct writ_follower **follower)
{
	writ_follower_close(*follower);
}

/*
 * The next line, with its newline, at most WRIT_LINES_MAX bytes, valid until the next call: only
 * whole ones, for a last one that is cut may be removed by its writer. -errno: the log can't be
 * read now; the place stays, and a later call tries again. -EBADMSG: the rest of a packed segment
 * is damaged; the next call goes on behind it.
 */
int writ_follower_next(struct writ_follower *follower, enum writ_followed *ret,
		       const char **ret_line, size_t *ret_len);

void writ_follower_lost(const struct writ_follower *follower, struct writ_followed_lost *ret);

/* Behind the line that was given out last. */
void writ_follower_place(const struct writ_follower *follower, struct writ_place *ret);

#endif
