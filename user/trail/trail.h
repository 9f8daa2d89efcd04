/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer of the trail. Whole lines in; each gets its place in the chain and goes to the open
 * segment. Checkpoints are signed and segments closed in steps that go on where they were after a
 * crash. A disk that fails never stops the caller: lines are spilled, if there is where to, else
 * they wait in a buffer, a line that finds it full is refused, and each commit tries again.
 */
#ifndef WRIT_TRAIL_TRAIL_H
#define WRIT_TRAIL_TRAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trail/segment.h"

/* What can wait while the disk fails: about 7,000 ordinary lines. Written out at a quarter. */
#define WRIT_TRAIL_BUFFER_SIZE (4u << 20)

enum writ_trail_sync {
	WRIT_TRAIL_SYNC_NONE, /* at checkpoints only; what a power cut takes is found by verify */
	WRIT_TRAIL_SYNC_INTERVAL, /* and so often, beside the writing */
	WRIT_TRAIL_SYNC_EVERY,	  /* before a commit returns */
};

struct writ_trail_settings {
	const char *log; /* of the open segment; its directory must be there */
	const char *key; /* see key.h; made if missing */
	enum writ_trail_sync sync;
	uint64_t sync_ns;
	uint64_t checkpoint_ns; /* at the latest so long after a line it is signed */
	uint64_t rotate_bytes;	/* a segment is closed when it is so large; */
	uint64_t rotate_ns;	/* or so old, if it has lines */
	const char *spill;	/* see spill.h; NULL: none. Its directory must be there */
	uint64_t spill_bytes;	/* at most so much; 0: what is there is given back, no more */
};

/* What opening found of an earlier writer. */
struct writ_trail_found {
	bool key_made; /* and no trail was there */
	bool key_lost; /* a trail was there, but not its key: signed anew from here on */
	uint64_t cut;  /* bytes of a last line that a crash had cut, and that were removed */
	uint64_t
		bad_line; /* the open segment's first line that is not what was written, 0: none; */
	bool bad_seal;	  /* or what it signed does not fit the key; */
	bool bad_spill;	  /* or what was spilled does not follow it. Each was set aside as */
	char aside[WRIT_SEGMENT_PATH_SIZE];
};

/* How far it is. */
struct writ_trail_at {
	uint64_t segment;
	uint64_t lines;	     /* it has, written or waiting, with its first one */
	uint64_t checkpoint; /* the next one's */
	uint64_t bytes;	     /* of the open segment, written or waiting */
	uint64_t waiting;    /* bytes that the disk has not taken */
	uint64_t behind;     /* lines not signed yet */
	uint64_t written;    /* bytes since opening */
	uint64_t checkpoints;	/* signed since then, and on the disk */
	uint64_t checkpoint_ns; /* boot time of the last of them; 0: none */
	uint64_t spilled;    /* bytes that are in the spill file alone */
	uint64_t returned;   /* how many spills the log has got, since opening */
	int spilling;	     /* why they are there, -errno; 0: nothing is spilled */
	int error;	     /* of the last try to write, -errno; 0: all is well */
	int trouble;	     /* likewise of the last try to sign: lines go on, unsigned */
	bool busy;	     /* a checkpoint or a new segment is under way */
};

struct writ_trail;

/* A line that the open segment has already, in order, with newline. */
typedef void writ_trail_visitor(void *context, const char *line, size_t len);

/*
 * Opens the trail for the one writer that there may be, ends what an earlier one began, and shows
 * the open segment's lines to @visitor (may be NULL). @settings are copied but for the strings,
 * which must stay. -EINVAL: the log is no regular file; -ELOOP: a symlink; key.h's errors.
 */
int writ_trail_open(const struct writ_trail_settings *settings, writ_trail_visitor *visitor,
		    void *context, struct writ_trail **ret, struct writ_trail_found *ret_found);

/* Signs, writes and closes. */
void writ_trail_close(struct writ_trail *trail);

static inline void writ_trail_closep(struct writ_trail **trail)
{
	writ_trail_close(*trail);
}

/* Other intervals and sizes from now on; the paths stay what they are. */
void writ_trail_configure(struct writ_trail *trail, const struct writ_trail_settings *settings);

/* Takes a line that ends in "}\n". -ENOBUFS: no room, since the disk fails; not taken. */
int writ_trail_put(struct writ_trail *trail, const char *line, size_t len);

/*
 * Writes out what waits, does what is due at @boot_ns, and, with SYNC_EVERY, waits for the disk. 0:
 * all lines that were put are in the files; or the error that keeps lines waiting.
 */
int writ_trail_commit(struct writ_trail *trail, uint64_t boot_ns);

/* Says in the trail that closed segments up to @segment were removed: for age, or for room. */
int writ_trail_put_removed(struct writ_trail *trail, uint64_t segment);

/* Closes the segment as soon as possible, and begins the next. */
void writ_trail_rotate(struct writ_trail *trail);

void writ_trail_where(const struct writ_trail *trail, struct writ_trail_at *ret);

#endif
