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

static __always_inline void path_clear_tail(struct writ_text *text)
{
	__builtin_memset(&text->bytes[PATH_TAIL_AT], 0, 8u * WRIT_MEMO_TAIL);
}

/* 1: since the decision's path was made, nothing was renamed and nothing mounted. */
extern int path_stands(const struct decision *d);

/* mount_lock's sequence, odd while mounts are being changed. */
extern __u32 path_mounts_sequence(void);

#endif
