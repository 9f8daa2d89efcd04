/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside verify: one segment, looked at by itself. Its first line says behind which head it stands,
 * so segments can be checked side by side; whether they stand behind one another is verify.c's.
 */
#ifndef WRIT_TRAIL_PART_H
#define WRIT_TRAIL_PART_H

#include "trail/chain.h"
#include "trail/keys.h"
#include "trail/verify.h"

struct writ_part {
	/* what is given */
	const struct writ_verify_options *options;
	const struct writ_keys *keys;
	const struct writ_segment *segment;
	uint64_t open;	 /* the open one's number, see snapshot.h */
	uint64_t *told;	 /* bytes at the last progress; the caller's thread alone */
	uint64_t *bytes; /* of all parts so far, added to atomically */
	bool tells;	 /* its thread is the caller's, which calls progress */
	/* what was found */
	int err;			   /* -errno: it can't be read */
	struct writ_verified verdict;	   /* of this segment: faults, lines, bytes, checkpoints */
	uint64_t number;		   /* of the file or, of the open one, its first line */
	uint8_t previous[WRIT_CHAIN_SIZE]; /* the head that it says is before it */
	bool tied;			   /* that line is the one that was signed */
	struct writ_chain chain;
	uint64_t line; /* of the file, from 1 */
	uint64_t removed;
	uint64_t checkpoint; /* that must come next */
	const uint8_t *signer;
	uint8_t first[WRIT_KEY_SIZE]; /* of the first checkpoint */
	uint8_t next[WRIT_KEY_SIZE];
	uint64_t behind; /* lines behind the last checkpoint */
	bool ended;	 /* its last checkpoint was there */
};

/* Fills in what was found. */
void writ_part_check(struct writ_part *part);

/* Calls progress if enough of all parts was read since the last time. */
void writ_part_tell(const struct writ_part *part, uint64_t bytes);

/* Counts a fault; the first one is kept. */
void writ_part_fault(struct writ_verified *verdict, enum writ_verify_fault what, const char *path,
		     uint64_t line, const char *format, ...) __attribute__((format(printf, 5, 6)));

#endif
