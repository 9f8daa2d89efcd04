/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is the trail what was written: every line, unchanged, in order, and signed? Only what somebody
 * else keeps can prove that the end of it was not cut off together with the keys: the anchor, and
 * how far the keys are (struct writ_verify_known).
 */
#ifndef WRIT_TRAIL_VERIFY_H
#define WRIT_TRAIL_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trail/segment.h"

#define WRIT_VERIFY_FAULT_LIST(X)                                                                 \
	X(NONE, "none")                                                                           \
	X(KEYS, "keys")		    /* the file of keys is missing or not signed as it must be */ \
	X(ANCHOR, "anchor")	    /* it begins with another key than the one given */           \
	X(FIRST_LINE, "first_line") /* a segment does not begin with the line that was signed */  \
	X(NOT_CHAINED, "not_chained") /* a line that this log's writer did not write */           \
	X(BROKEN, "broken")	      /* a line does not follow the one before it */              \
	X(SIGNATURE, "signature")     /* a checkpoint is not signed by its key */                 \
	X(CHECKPOINT, "checkpoint")   /* one is missing, or says other numbers than there are */  \
	X(SEGMENT, "segment")	      /* one is missing */                                        \
	X(CUT, "cut")		      /* the end is missing */                                    \
	X(DAMAGED, "damaged")	      /* a packed file can't be unpacked */

enum writ_verify_fault {
#define X(name, word) WRIT_VERIFY_##name,
	WRIT_VERIFY_FAULT_LIST(X)
#undef X
		WRIT_VERIFY_COUNT,
};

const char *writ_verify_word(enum writ_verify_fault fault);

/* What is known of the writer's state; UINT64_MAX: not known. */
struct writ_verify_known {
	uint64_t segment;    /* that it writes */
	uint64_t checkpoint; /* that comes next in it */
};

struct writ_verify_options {
	const char *log;
	const uint8_t *anchor; /* NULL: what the file of keys says */
	struct writ_verify_known known;
	/* Called now and then, may be NULL: bytes unpacked so far, and of which file. */
	void (*progress)(void *context, const char *path, uint64_t bytes);
	void *context;
};

#define WRIT_VERIFY_DETAIL_SIZE 256u

struct writ_verified {
	/* of the first fault; */
	enum writ_verify_fault fault;
	char path[WRIT_SEGMENT_PATH_SIZE]; /* "" : of no file */
	uint64_t line;			   /* from 1; 0: of none */
	char detail[WRIT_VERIFY_DETAIL_SIZE];
	/* and in all. */
	uint64_t faults;
	uint64_t segments;
	uint64_t first; /* number of the first segment that is there; those before were removed */
	uint64_t lines;
	uint64_t bytes;
	uint64_t checkpoints;
	uint64_t unsigned_lines; /* behind the last checkpoint: chained, not signed yet */
	char head[2 * 32 + 1];	 /* of the last line, in hexadecimal */
};

/*
 * Fills @ret, whatever is found: a fault is no error. -errno: the files can't be read (the first is
 * named in ret->path). Reads each file once.
 */
int writ_verify_trail(const struct writ_verify_options *options, struct writ_verified *ret);

#endif
