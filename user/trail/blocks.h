/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The index of a closed segment, beside it as audit-00000007.index: for each block of whole lines
 * where it is, when it was, and, as a Bloom filter, which words stand in it; so that a question
 * about one grant unpacks only what may have it. Made of the segment alone: whoever deletes it
 * loses speed, and who changes it can hide lines from `query`, not from `verify`.
 *
 * A packed segment is a gzip file of one member for each block (RFC 1952, 2.2), a plain one is
 * merely looked at in such pieces.
 */
#ifndef WRIT_TRAIL_BLOCKS_H
#define WRIT_TRAIL_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trail/segment.h"

#define WRIT_BLOCK_SIZE (256u << 10) /* of lines, at least one; the last one that fits ends it */
#define WRIT_BLOCKS_MAX (1u << 20)
#define WRIT_BLOCK_FILTER_BYTES 2048u /* 2,200 words give 1 in 25 wrong hits, 100 none */
#define WRIT_BLOCK_WORD_MAX 512u

/* What a line may be asked for; the key in the line, and how its value is written. */
#define WRIT_WORD_LIST(X)         \
	X(AGENT, "agent")         \
	X(GRANT, "grant")         \
	X(PLAYBOOK, "playbook")   \
	X(TICKET, "ticket")       \
	X(VERDICT, "verdict")     \
	X(REASON, "reason")       \
	X(OPERATION, "operation") \
	X(TYPE, "type")

enum writ_word {
#define X(name, word) WRIT_WORD_##name,
	WRIT_WORD_LIST(X)
#undef X
		WRIT_WORD_COUNT,
};

extern const char *const writ_word_keys[WRIT_WORD_COUNT];

struct writ_block {
	uint64_t at;	  /* in the file */
	uint32_t length;  /* there */
	uint32_t size;	  /* of its lines */
	uint64_t line;	  /* number of the first one in the segment, from 1 */
	int64_t first_us; /* the earliest and the latest time in it, since 1970 */
	int64_t last_us;
	uint8_t filter[WRIT_BLOCK_FILTER_BYTES];
};

struct writ_blocks {
	const struct writ_block *blocks;
	size_t n;
	size_t mapped; /* bytes; ours */
};

/*
 * The value of @word in @line: the bytes between the quotes, or the digits. False: it has none.
 * Only what stands outside of strings is found, since quotes in them are escaped.
 */
bool writ_word_find(enum writ_word word, const char *line, size_t len, const char **ret_value,
		    size_t *ret_len);

/* Microseconds since 1970 of the line's time, which it begins with; INT64_MIN: it has none. */
int64_t writ_word_time(const char *line, size_t len);

/* Fills in @block's times and filter from one line more. */
void writ_block_add(struct writ_block *block, const char *line, size_t len);

/* False: @value of @word is surely not in the block. */
bool writ_block_may_have(const struct writ_block *block, enum writ_word word, const char *value,
			 size_t len);

/*
 * Maps the index of closed segment @number, @packed or not. -ENOENT; -EBADMSG: it is none, of
 * another version, or of the segment as it was before it was packed.
 */
int writ_blocks_open(const char *log, uint64_t number, bool packed, struct writ_blocks *ret);
void writ_blocks_close(struct writ_blocks *blocks);

/* Path of it. */
int writ_blocks_path(const char *log, uint64_t number, char ret_path[WRIT_SEGMENT_PATH_SIZE]);

/* Writes it, whole or not at all. */
int writ_blocks_save(const char *log, uint64_t number, bool packed, const struct writ_block *blocks,
		     size_t n);

#endif
