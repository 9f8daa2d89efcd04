/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where lines go while the log's disk takes none: a file on another disk that goes on where the
 * open segment ends, byte for byte. It is no log of its own. When the segment can be written again,
 * it gets them, and the file is removed; so the chain is one, and whoever verifies it sees nothing.
 *
 *	writ-spill 1 SEGMENT OFFSET      padded to WRIT_SPILL_HEADER bytes, then lines
 *
 * OFFSET is the byte of the segment's file that the first of them is to be. How many the segment
 * has already is seen by its length, so that a crash at any point can be gone on from. While
 * something is spilled, nothing is signed and no segment is closed.
 */
#ifndef WRIT_TRAIL_SPILL_H
#define WRIT_TRAIL_SPILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WRIT_SPILL_HEADER 64u

struct writ_trail;

/* Positions are the trail's (state.h). */
struct writ_spill {
	int fd;		 /* -1: nothing is spilled */
	uint64_t begin;	 /* of its first byte behind the header */
	uint64_t size;	 /* bytes behind the header */
	uint64_t copied; /* of these, that the segment has, too */
	bool dirty;	 /* written since the last sync */
};

static inline bool writ_spill_is_open(const struct writ_spill *spill)
{
	return spill->fd >= 0;
}

/*
 * The segment has refused lines with @err: from now on they are spilled. @err: there is no such
 * file to be, or it can't be made, or a segment is just being closed.
 */
int writ_spill_begin(struct writ_trail *trail, int err);

/* Takes the @len whole lines. -ENOSPC: it has its size; -errno: its disk fails, too. */
int writ_spill_put(struct writ_trail *trail, const char *lines, size_t len);

/*
 * Gives the segment what it can take now, a few MiB at most, and ends when it has all. 0, also if
 * more is left; or why it takes none.
 */
int writ_spill_return(struct writ_trail *trail);

/*
 * What an earlier writer has spilled, behind the header. -ENOENT: nothing; a file that was just
 * being made when its writer was killed is removed. -EBADMSG: no file of ours.
 */
struct writ_spill_found {
	uint64_t segment;
	uint64_t offset;
	uint64_t size;
};
int writ_spill_find(const char *path, struct writ_spill_found *ret);

/* Goes on with it: the segment has the first @copied bytes of @size. */
int writ_spill_reopen(struct writ_trail *trail, uint64_t size, uint64_t copied);

#endif
