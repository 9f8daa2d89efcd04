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
	__u32 rows;  /* offset of its rows in the arena */
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

/* One step: the state word that @byte leads to from @walk->state. */
static __always_inline __u32 writ_match_step(const struct writ_walk *walk, __u8 byte)
{
	__u32 class_at =
		walk->image + (__u32) __builtin_offsetof(struct writ_image, classes) + byte;
	__u32 class = walk->tables->bytes[class_at & (WRIT_TABLES_SIZE - 1u)];
	__u32 row = walk->state & ~WRIT_STATE_FINAL;

	return writ_tables_u32(walk->tables, walk->rows + 4u * (row + 1u + class));
}

/* Walks up to WRIT_MATCH_CHUNK bytes; 1 when the walk is over. The signature is bpf_loop's. */
static long writ_match_chunk(__u32 index, void *context)
{
	struct writ_walk *walk = context;
	__u32 at = walk->text->cursor;

	(void)index;
	if (at > WRIT_TEXT_SIZE - WRIT_MATCH_CHUNK) { /* no text reaches this far */
		walk->state = WRIT_STATE_DEAD;
		return 1;
	}
#ifdef __bpf__
#pragma unroll
#endif
	for (__u32 i = 0; i < WRIT_MATCH_CHUNK; i++) {
		if (at + i >= walk->end || (walk->state & WRIT_STATE_FINAL))
			return 1;
		walk->state = writ_match_step(walk, walk->text->bytes[at + i]);
	}
	walk->text->cursor = at + WRIT_MATCH_CHUNK;
	return 0;
}

/*
 * Walks the text in [@walk->at, @walk->end) from @walk->state; returns the state word behind it.
 * Stops early in a final state. Cost: one class load and one row load a byte.
 */
static __always_inline __u32 writ_match_walk(struct writ_walk *walk)
{
	const __u32 chunks = WRIT_TEXT_SIZE / WRIT_MATCH_CHUNK + 1u;

	walk->text->cursor = walk->at;
#ifdef __bpf__
	bpf_loop(chunks, writ_match_chunk, walk, 0);
#else
	for (__u32 i = 0; i < chunks && !writ_match_chunk(i, walk); i++)
		;
#endif
	return walk->state;
}

/* The accept index of a state word. */
static __always_inline __u32 writ_match_accept(const struct writ_walk *walk)
{
	return writ_tables_u32(walk->tables, walk->rows + 4u * (walk->state & ~WRIT_STATE_FINAL));
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
