/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the writer: trail.c takes lines and writes, steps.c signs and changes files, recover.c
 * finds where an earlier writer was. Positions are bytes since opening: `put` were chained and
 * taken, of which `sent` are in files; the buffer has what is between. `sent` is at the end of a
 * line: of the one behind it the segment may have `torn` bytes.
 */
#ifndef WRIT_TRAIL_STATE_H
#define WRIT_TRAIL_STATE_H

#include <sys/types.h>

#include "trail/chain.h"
#include "trail/key.h"
#include "trail/seal.h"
#include "trail/spill.h"
#include "trail/trail.h"
#include "trail/worker.h"

/* Always left free: a last checkpoint and a first line find room when no other line does. */
#define WRIT_TRAIL_RESERVE (2u * (WRIT_SEAL_SIZE + WRIT_CHAIN_ROOM))

/* What is under way; each is repeated until it succeeds. */
enum writ_trail_step {
	WRIT_TRAIL_STEADY,
	WRIT_TRAIL_CHECK, /* a checkpoint is to reach the disk, then its key goes */
	WRIT_TRAIL_CLOSE, /* the last one of a segment is to be written; what is behind it waits */
	WRIT_TRAIL_MOVE,  /* the file gets its number, and a new one is made */
	WRIT_TRAIL_BEGIN, /* both files are to reach the disk, then both keys go */
};

enum writ_trail_asked {
	WRIT_TRAIL_ASKED_NOTHING,
	WRIT_TRAIL_ASKED_INTERVAL,
	WRIT_TRAIL_ASKED_STEP,
};

/* What the worker does, and has to itself meanwhile: with it the key. */
struct writ_trail_job {
	const char *log;
	struct writ_key *key;
	int old; /* of the segment that is over; -1: none */
	int fd;
	bool check; /* a checkpoint was written: its key goes */
	bool begin; /* a first line was written: its key goes */
	size_t first_len;
	char first[WRIT_SEAL_SIZE + WRIT_CHAIN_ROOM]; /* that line */
};

struct writ_trail {
	struct writ_trail_settings settings;
	struct writ_key *key; /* not to be used while a job is under way */
	struct writ_worker *worker;
	struct writ_trail_job job;
	struct writ_chain chain; /* behind the last line put */
	uint64_t segment;	 /* that is open, or being begun */
	uint64_t checkpoint;	 /* the next one's */
	uint64_t checkpoints;	 /* signed since opening, and on the disk */
	uint64_t checkpoint_ns;	 /* boot time of the last of them; 0: none */
	bool signing;		 /* one more is on its way there */
	int fd;
	int old; /* of the segment that is over and not known to be on the disk; -1: none */
	dev_t device;
	ino_t inode;
	enum writ_trail_step step;
	enum writ_trail_asked asked;
	bool rotate; /* asked for */
	bool dirty;  /* written since the last sync was asked for */
	uint64_t put;
	uint64_t sent;
	uint64_t torn;
	struct writ_spill spill;
	uint64_t returned; /* spills that the segment has got */
	uint64_t mark;	     /* where the step's line ends */
	uint64_t segment_at; /* where the segment begins, less what it had when it was opened */
	uint64_t lines;	     /* of the segment */
	uint64_t behind;     /* of these, behind its last checkpoint */
	uint64_t behind_ns;  /* boot time of the first of them */
	uint64_t begun_ns;   /* of the segment: since this writer has it */
	uint64_t synced_ns;
	int error;
	int trouble;
	int spilling;
	char buffer[WRIT_TRAIL_BUFFER_SIZE];
};

/* Opens the log's file anew, which must not be there. */
int writ_trail_create(struct writ_trail *trail);

/* Chains and takes a line of our own, for which there is room. */
void writ_trail_append(struct writ_trail *trail, char *line, size_t len);

/* Up to which position the segments' files have all: `sent`, unless something is spilled. */
static inline uint64_t writ_trail_filed(const struct writ_trail *trail)
{
	const struct writ_spill *spill = &trail->spill;

	return writ_spill_is_open(spill) ? spill->begin + spill->copied : trail->sent;
}

/* Begins what is due, and goes on with what is under way. */
int writ_steps_advance(struct writ_trail *trail, uint64_t boot_ns);

/* Puts the first line of the next segment, whose file is open, and waits for it to be written. */
void writ_steps_begin(struct writ_trail *trail);

/* Likewise, but the file that is open is over: it gets its number first. */
void writ_steps_move(struct writ_trail *trail);

/* Finds the open segment and goes on in it, or makes what is next. */
int writ_recover(struct writ_trail *trail, writ_trail_visitor *visitor, void *context,
		 struct writ_trail_found *ret_found);

#endif
