/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines that are the trail's own, two of them signed. A segment begins with
 *
 *	{"time","type":"segment","schema","segment":N,"previous","checkpoint_key","next_key",
 *	 "signature","chain"}
 *
 * where `previous` is the chain's whole head behind the segment before (zeros: there is none), and
 * which S(N) signs. A checkpoint is
 *
 *	{"time","type":"checkpoint","segment":N,"checkpoint":J,"lines","head","next_key",
 *	 ["last":true,]"signature","chain"}
 *
 * where `head` is the chain's before it, `lines` how many the segment has before it, and which
 * C(N,J) signs; `last` says that the segment ends with it. What is signed is "writ " and the line's
 * bytes before `,"signature"`. When segments are removed, for age or for room, a line says so:
 *
 *	{"time","type":"removed","segment":N,"chain"}
 *
 * N is the last of them. The chain goes over these lines as over all others.
 */
#ifndef WRIT_TRAIL_SEAL_H
#define WRIT_TRAIL_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trail/chain.h"
#include "trail/key.h"

#define WRIT_TRAIL_SCHEMA 1u /* of all lines: docs/audit.schema.json */
#define WRIT_SEAL_SIZE 768u  /* the longest of the two, its chain member, and a NUL */

enum writ_seal_type {
	WRIT_SEAL_NONE, /* another line */
	WRIT_SEAL_SEGMENT,
	WRIT_SEAL_CHECKPOINT,
	WRIT_SEAL_REMOVED,
};

/* What such a line says. */
struct writ_seal {
	enum writ_seal_type type;
	uint64_t segment;
	uint64_t checkpoint; /* of a checkpoint, as are the next two */
	uint64_t lines;
	bool last;
	uint8_t head[WRIT_CHAIN_SIZE];	       /* `previous` or `head` */
	uint8_t checkpoint_key[WRIT_KEY_SIZE]; /* of a segment */
	uint8_t next_key[WRIT_KEY_SIZE];
};

/*
 * The first line of segment writ_key_segment(@key), behind a segment with head @chain. Not closed:
 * no chain member. Returns its length with newline. Call writ_key_begun() when it is on the disk.
 */
size_t writ_seal_segment(const struct writ_key *key, const struct writ_chain *chain,
			 char ret_line[WRIT_SEAL_SIZE]);

/* Likewise a checkpoint behind @lines lines; 0: no segment was begun. Then writ_key_checked(). */
size_t writ_seal_checkpoint(const struct writ_key *key, const struct writ_chain *chain,
			    uint64_t lines, bool last, char ret_line[WRIT_SEAL_SIZE]);

/* That segments up to @segment were removed, now. */
size_t writ_seal_removed(uint64_t segment, char ret_line[WRIT_SEAL_SIZE]);

/*
 * What @line, with or without its chain member, says; type WRIT_SEAL_NONE for one of another type.
 * -EBADMSG: it is of these types, and not as above. Looks at no signature.
 */
int writ_seal_read(const char *line, size_t len, struct writ_seal *ret);

/* Was @line signed with the seed of @public? -EBADMSG: no. */
int writ_seal_check(const char *line, size_t len, const uint8_t public[WRIT_KEY_SIZE]);

#endif
