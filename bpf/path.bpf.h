/* SPDX-License-Identifier: GPL-2.0-only */
/* The path of an object, see path.bpf.c. */
#ifndef WRIT_PATH_BPF_H
#define WRIT_PATH_BPF_H

#include "maps.bpf.h"

/*
 * Builds the path of the dentry on the vfsmount, both given by address, in @text; *@ret_at is its
 * first byte, it ends at WRIT_TEXT_PATH_END. Returns WRIT_REASON_NONE, or why it has none; the
 * text then holds the last part of it, for the record. A global function: proven once.
 */
extern __u32 path_build(struct writ_text *text, __u64 dentry_at, __u64 vfsmount_at, __u32 *ret_at);

#endif
