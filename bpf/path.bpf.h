/* SPDX-License-Identifier: GPL-2.0-only */
/* The path of an object, see path.bpf.c. */
#ifndef WRIT_PATH_BPF_H
#define WRIT_PATH_BPF_H

#include "maps.bpf.h"

/*
 * Builds the path of the dentry on the vfsmount, both given by address, as @scratch's object.
 * Returns WRIT_REASON_NONE, or why it has none; the object is then the last part of it, for the
 * record. A global function: proven once.
 */
extern __u32 path_build(struct scratch *scratch, __u64 dentry_at, __u64 vfsmount_at);

/* Bytes by which verdicts are told apart; zeros where a path is shorter. */
#define PATH_TAIL_AT (WRIT_TEXT_PATH_END - 8u * WRIT_MEMO_TAIL)

#define WORD 8u

/*
 * A word within bytes. As a sum, for of &bytes[at] clang knows that it may lie anywhere, and makes
 * eight accesses; volatile, or it makes a copy of bytes out of several.
 */
#define WORD_AT(bytes, at) (*(volatile __u64 *)((bytes) + (at)))

static __always_inline void text_put(struct writ_text *text, __u32 at, __u64 word)
{
	WORD_AT(text->bytes, at) = word;
}

static __always_inline void path_clear_tail(struct writ_text *text)
{
	for (__u32 i = 0; i < WRIT_MEMO_TAIL; i++)
		text_put(text, PATH_TAIL_AT + i * WORD, 0);
}

/*
 * Writes a name of @len bytes at kernel address @name to the end of where paths are, and up to
 * seven bytes behind it. 0, or -errno: it can't be read, or is longer than names are.
 */
extern long path_name(struct writ_text *text, __u64 name, __u32 len);

/* 1: since the decision's path was made, nothing was renamed and nothing mounted. */
extern int path_stands(const struct decision *d);

/* mount_lock's sequence, odd while mounts are being changed. */
extern __u32 path_mounts_sequence(void);

#endif
