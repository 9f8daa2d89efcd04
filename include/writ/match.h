/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The matcher: walks a text through an image's DFA. One source for the hooks, the command line,
 * the tests and the fuzzers. In: the arena, the image's offset in it, a state word, and a text in
 * a scratch buffer. Out: the state word behind the text, and its accept index.
 *
 * Every index into the arena is masked by its power-of-two size and every index into the text is
 * compared with the text's, so no image, however damaged, makes a read outside of them; a reader
 * in user space owns a buffer of the whole size (memory that is never touched costs nothing).
 */
#ifndef WRIT_MATCH_H
#define WRIT_MATCH_H

#include "writ/image.h"

struct writ_tables {
	__u8 bytes[WRIT_TABLES_SIZE];
};

struct writ_text {
	/*
	 * How far a walk over the bytes has come. It lives here and not on the stack because the
	 * verifier then holds it for any number: it proves a loop's body once, not once for each
	 * value (newer kernels follow a stack slot through every iteration).
	 */
	__u32 cursor;
	__u32 pad;
	__u8 bytes[WRIT_TEXT_SIZE];
};

#define WRIT_MATCH_CHUNK 16u /* bytes per bpf_loop call: amortises the call, keeps proofs short */

struct writ_walk {
	const struct writ_tables *tables;
	struct writ_text *text;
	__u32 image; /* offset of the image in the arena */
	__u32 rows;  /* offsets of its rows and of its trie in the arena */
	__u32 trie;
	__u32 state; /* state word */
	__u32 at;    /* where in the text the walk begins */
	__u32 end;   /* one past the last */
};

static __always_inline __u32 writ_tables_u32(const struct writ_tables *tables, __u32 offset)
{
	return *(const __u32 *)(tables->bytes + (offset & (WRIT_TABLES_SIZE - 4u)));
}

#define WRIT_IMAGE_FIELD(tables, image, field) \
	writ_tables_u32(tables, (image) + (__u32) __builtin_offsetof(struct writ_image, field))

/* @walk's tables and image are set: finds where the image has its rows and its trie. */
static __always_inline void writ_walk_begin(struct writ_walk *walk)
{
	walk->rows = walk->image + WRIT_IMAGE_FIELD(walk->tables, walk->image, rows);
	walk->trie = walk->image + WRIT_IMAGE_FIELD(walk->tables, walk->image, trie);
}

/* One step between rows: the state word that @byte leads to from @state. */
static __always_inline __u32 writ_row_step(const struct writ_walk *walk, __u32 state, __u8 byte)
{
	__u32 class_at =
		walk->image + (__u32) __builtin_offsetof(struct writ_image, classes) + byte;
	__u32 class = walk->tables->bytes[class_at & (WRIT_TABLES_SIZE - 1u)];

	return writ_tables_u32(walk->tables,
			       walk->rows + 4u * ((state & WRIT_STATE_INDEX) + 1u + class));
}

static __always_inline const struct writ_trie_cell *writ_trie_cell(const struct writ_walk *walk,
								   __u32 index)
{
	__u32 at = walk->trie + (__u32)sizeof(struct writ_trie_cell) * index;

	return (const void *)(walk->tables->bytes +
			      (at & (WRIT_TABLES_SIZE - (__u32)sizeof(struct writ_trie_cell))));
}

/*
 * One step in the trie. 1: @byte is behind. 0: no literal goes on with it, @ret_state is the row
 * from which to walk on, and @byte is still ahead.
 */
static __always_inline int writ_trie_step(const struct writ_walk *walk, __u32 state, __u8 byte,
					  __u32 *ret_state)
{
	__u32 node = state & WRIT_STATE_INDEX;
	const struct writ_trie_cell *cell = writ_trie_cell(walk, node + 1u + byte);

	if (cell->owner == node) {
		*ret_state = cell->state;
		return 1;
	}
	*ret_state = writ_trie_cell(walk, node)->state;
	return 0;
}

/* Up to WRIT_MATCH_CHUNK bytes in the trie; ends where the trie does. */
static __always_inline void writ_trie_chunk(struct writ_walk *walk, __u32 at)
{
	__u32 state = walk->state, i;

#ifdef __bpf__
#pragma unroll
#endif
	for (i = 0; i < WRIT_MATCH_CHUNK; i++) {
		if (at + i >= walk->end || !(state & WRIT_STATE_TRIE) ||
		    !writ_trie_step(walk, state, walk->text->bytes[at + i], &state))
			break;
	}
	walk->state = state;
	walk->text->cursor = at + i;
}

/* Up to WRIT_MATCH_CHUNK bytes over rows. */
static __always_inline void writ_row_chunk(struct writ_walk *walk, __u32 at)
{
	__u32 state = walk->state, i;

#ifdef __bpf__
#pragma unroll
#endif
	for (i = 0; i < WRIT_MATCH_CHUNK; i++) {
		if (at + i >= walk->end || state & WRIT_STATE_FINAL)
			break;
		state = writ_row_step(walk, state, walk->text->bytes[at + i]);
	}
	walk->state = state;
	walk->text->cursor = at + i;
}

/* Walks up to WRIT_MATCH_CHUNK bytes; 1 when the walk is over. The signature is bpf_loop's. */
static long writ_match_chunk(__u32 index, void *context)
{
	struct writ_walk *walk = context;
	__u32 at = walk->text->cursor;

	(void)index;
	if (at >= walk->end || walk->state & WRIT_STATE_FINAL)
		return 1;
	if (at > WRIT_TEXT_SIZE - WRIT_MATCH_CHUNK) { /* no text reaches this far */
		walk->state = WRIT_STATE_DEAD;
		return 1;
	}
	if (walk->state & WRIT_STATE_TRIE)
		writ_trie_chunk(walk, at);
	else
		writ_row_chunk(walk, at);
	return 0;
}

/*
 * Walks the text in [@walk->at, @walk->end) from @walk->state; returns the state word behind it,
 * from which a later walk may go on. Stops early in a final state. Cost: two loads a byte.
 */
static __always_inline __u32 writ_match_walk(struct writ_walk *walk)
{
	/* one chunk more for the passage from trie to rows, one to see the end */
	const __u32 chunks = WRIT_TEXT_SIZE / WRIT_MATCH_CHUNK + 2u;

	walk->text->cursor = walk->at;
#ifdef __bpf__
	bpf_loop(chunks, writ_match_chunk, walk, 0);
#else
	for (__u32 i = 0; i < chunks && !writ_match_chunk(i, walk); i++)
		;
#endif
	return walk->state;
}

/* The accept index of a state word; a trie node's is that of the row it stands over. */
static __always_inline __u32 writ_match_accept(const struct writ_walk *walk)
{
	__u32 state = walk->state;

	if (state & WRIT_STATE_TRIE)
		state = writ_trie_cell(walk, state & WRIT_STATE_INDEX)->state;
	return writ_tables_u32(walk->tables, walk->rows + 4u * (state & WRIT_STATE_INDEX));
}

/* Allow and deny bits of accept entry @accept of the image at @image. */
static __always_inline void writ_match_bits(const struct writ_tables *tables, __u32 image,
					    __u32 accept, __u32 *ret_allow, __u32 *ret_deny)
{
	__u32 at = image + WRIT_IMAGE_FIELD(tables, image, accepts) +
		   accept * (__u32)sizeof(struct writ_accept);

	*ret_allow = writ_tables_u32(tables, at);
	*ret_deny = writ_tables_u32(tables, at + 4u);
}

/* Its audit word. */
static __always_inline __u32 writ_match_audit(const struct writ_tables *tables, __u32 image,
					      __u32 accept)
{
	return writ_tables_u32(tables,
			       image + WRIT_IMAGE_FIELD(tables, image, accepts) +
				       accept * (__u32)sizeof(struct writ_accept) +
				       (__u32) __builtin_offsetof(struct writ_accept, audit));
}

#endif
