/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a hook begins and ends, and from its file to a decision's object. Every failure is a reason,
 * and every reason set here is a deny.
 */
#ifndef WRIT_OBJECT_BPF_H
#define WRIT_OBJECT_BPF_H

#include "compat.bpf.h"
#include "directory.bpf.h"
#include "event.bpf.h"
#include "subject.bpf.h"

/* Once more, as subject_label_again() has it. */
static __noinline struct scratch *scratch_again(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct scratch *scratch = NULL;

	for (int i = 0; i < STORAGE_TRIES && !scratch; i++)
		scratch = bpf_task_storage_get(&scratches, task, NULL,
					       BPF_LOCAL_STORAGE_GET_F_CREATE);
	return scratch;
}

/*
 * A decision of the current task about @agent's @operation, with no object yet. NULL: no memory,
 * and the hook answers with scratch_refuse().
 */
static __always_inline struct scratch *scratch_begin(__u32 agent, __u32 operation, __u32 access)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct scratch *scratch = bpf_task_storage_get(&scratches, task, NULL,
						       BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!scratch)
		scratch = scratch_again();
	if (!scratch)
		return NULL;
	__builtin_memset(&scratch->decision, 0, sizeof(scratch->decision));
	scratch->decision.agent = agent;
	scratch->decision.operation = operation;
	scratch->decision.access = access;
	scratch->decision.at = WRIT_TEXT_PATH_END;
	scratch->decision.now = bpf_ktime_get_boot_ns();
	return scratch;
}

/*
 * A deny (or, in mode monitor, an allow) without a scratch, so without a record: counted, and
 * counted as a record that is lost, so that the log says that one is missing.
 */
static __always_inline int scratch_refuse(__u32 agent)
{
	struct writ_agent *entry = bpf_map_lookup_elem(&agents, &agent);

	COUNT(sequence);
	COUNT(lost);
	if (entry && entry->mode == WRIT_MODE_MONITOR && entry->state != WRIT_AGENT_SUSPENDED) {
		COUNT(would_denied);
		return 0;
	}
	COUNT(denied);
	return -EPERM;
}

/* How hooks end: judged, recorded, answered. */
static __always_inline int decision_end(struct scratch *scratch)
{
	(void)decide(scratch);
	return decision_finish(scratch) ? -EPERM : 0;
}

/*
 * A hook's argument as a number, which path_build() takes: the verifier gives no function a kernel
 * pointer in a number's place.
 */
static __always_inline void *hook_argument(const unsigned long long *ctx, __u32 index)
{
	void *argument = NULL;

	(void)bpf_probe_read_kernel(&argument, sizeof(argument), ctx + index);
	return argument;
}

/* The object is the path of @dentry on @vfsmount. */
static __always_inline void object_path(struct scratch *scratch, struct dentry *dentry,
					struct vfsmount *vfsmount)
{
	__u32 reason = path_build(scratch, (__u64)dentry, (__u64)vfsmount);

	scratch->decision.reason = reason;
	if (reason == WRIT_REASON_PATH_TOO_LONG)
		scratch->decision.flags |= WRIT_EVENT_OBJECT_CUT;
}

static __always_inline void object_file(struct scratch *scratch, struct file *file)
{
	object_path(scratch, BPF_CORE_READ(file, f_path.dentry), BPF_CORE_READ(file, f_path.mnt));
}

/*
 * A kernel pointer as the number that a global function takes: by way of memory, where the verifier
 * forgets what it was.
 */
static __always_inline __u64 as_number(struct scratch *scratch, const void *pointer)
{
	*(volatile __u64 *)&scratch->decision.pointer = (__u64)pointer;
	return *(volatile __u64 *)&scratch->decision.pointer;
}

/*
 * The same for a @dentry and @vfsmount that are pointers to the verifier, in two steps. First: 1,
 * the object is the path, by what is remembered of the directory.
 */
static __always_inline int object_find(struct scratch *scratch, struct dentry *dentry,
				       struct vfsmount *vfsmount)
{
	struct directory *directory;

	if (dentry == vfsmount->mnt_root)
		return 0;
	directory = directory_find(dentry->d_parent, vfsmount);
	if (!directory)
		return 0;
	return directory_path(scratch, directory, as_number(scratch, dentry->d_name.name),
			      dentry->d_name.len);
}

/* Second: the path is built, and remembered. */
static __always_inline void object_build(struct scratch *scratch, struct dentry *dentry,
					 struct vfsmount *vfsmount)
{
	__u64 dentry_at = as_number(scratch, dentry), vfsmount_at = as_number(scratch, vfsmount);

	object_path(scratch, (void *)dentry_at, (void *)vfsmount_at);
	if (!scratch->decision.reason && scratch->decision.name_len)
		(void)directory_keep(scratch, directory_make(dentry), dentry_at, vfsmount_at);
}

/* The two steps for a @file that is a pointer to the verifier. */
static __always_inline int object_find_file(struct scratch *scratch, struct file *file)
{
	if (!FILE_PATH_IS_TYPED)
		return 0;
	return object_find(scratch, file->f_path.dentry, file->f_path.mnt);
}

static __always_inline void object_build_file(struct scratch *scratch, struct file *file)
{
	if (FILE_PATH_IS_TYPED)
		object_build(scratch, file->f_path.dentry, file->f_path.mnt);
	else
		object_file(scratch, file);
}

/* The object is @dentry, a name on @path's mount. */
static __always_inline void object_name(struct scratch *scratch, const struct path *path,
					struct dentry *dentry)
{
	if (!object_find(scratch, dentry, path->mnt))
		object_build(scratch, dentry, path->mnt);
}

/* No directory entry leads to it any more. */
static __always_inline int object_unlinked(struct file *file)
{
	return !BPF_CORE_READ(file, f_path.dentry, d_hash.pprev) ||
	       !BPF_CORE_READ(file, f_inode, i_nlink);
}

#endif
