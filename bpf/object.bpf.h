/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a hook's file to a decision's object: the task's text, and the file's path in it. Every
 * failure is a reason, and every reason set here is a deny.
 */
#ifndef WRIT_OBJECT_BPF_H
#define WRIT_OBJECT_BPF_H

#include "compat.bpf.h"
#include "event.bpf.h"
#include "path.bpf.h"
#include "subject.bpf.h"

/* The text of the current task. NULL: no memory, and the decision denies. */
static __always_inline struct writ_text *object_text(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return bpf_task_storage_get(&texts, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
}

static __always_inline void object_file(struct decision *d, struct file *file)
{
	__u32 at = WRIT_TEXT_PATH_END;

	d->at = at;
	d->text = object_text();
	if (!d->text) {
		COUNT(denied); /* without a text there is no record to count it by */
		d->reason = WRIT_REASON_NO_MEMORY;
		return;
	}
	d->reason = path_build(d->text, (__u64)BPF_CORE_READ(file, f_path.dentry),
			       (__u64)BPF_CORE_READ(file, f_path.mnt), &at);
	d->at = at;
	if (d->reason == WRIT_REASON_PATH_TOO_LONG)
		d->flags |= WRIT_EVENT_OBJECT_CUT;
}

/* No directory entry leads to it any more. */
static __always_inline int object_unlinked(struct file *file)
{
	return !BPF_CORE_READ(file, f_path.dentry, d_hash.pprev) ||
	       !BPF_CORE_READ(file, f_inode, i_nlink);
}

#endif
