/* SPDX-License-Identifier: GPL-2.0-only */
/* Decisions about a dentry whose mount the hook is not told, see paths.bpf.c. */
#ifndef WRIT_PATHS_BPF_H
#define WRIT_PATHS_BPF_H

#include "object.bpf.h"

/*
 * decide() for each path that the dentry at @dentry_at has in the task's mount namespace, until one
 * is denied. The object is that path, or the last one. A global function: proven once. 0.
 */
extern int paths_judge(struct scratch *scratch, __u64 dentry_at);

#endif
