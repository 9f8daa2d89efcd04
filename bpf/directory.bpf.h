/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Paths of directories, remembered with their inodes: most of an object's path is its directory's,
 * and most directories are used again. See directory.bpf.c.
 */
#ifndef WRIT_DIRECTORY_BPF_H
#define WRIT_DIRECTORY_BPF_H

#include "compat.bpf.h"
#include "path.bpf.h"

/*
 * Both are global functions, proven once.
 *
 * directory_path: writes the path of the name, @len bytes at kernel address @name, in @directory.
 * 1: it is the object. 0: what is remembered holds no more, or the name can't be read.
 *
 * directory_keep: remembers what path_build() has just made of the dentry on the vfsmount, which
 * are given by address; @directory belongs to the parent's inode. 0.
 */
extern int directory_path(struct scratch *scratch, struct directory *directory, __u64 name,
			  __u32 len);
extern int directory_keep(struct scratch *scratch, struct directory *directory, __u64 dentry_at,
			  __u64 vfsmount_at);

/* What is remembered of @parent, when it is of this mount and namespace. */
static __always_inline struct directory *directory_find(struct dentry *parent,
							struct vfsmount *vfsmount)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct inode *inode = parent->d_inode;
	struct directory *directory;

	if (!inode)
		return NULL;
	directory = bpf_inode_storage_get(&directories, inode, NULL, 0);
	if (!directory || directory->dentry != (__u64)parent ||
	    directory->mount != (__u64)vfsmount ||
	    directory->namespace != (__u64)task->nsproxy->mnt_ns)
		return NULL;
	return directory;
}

/*
 * Where the path of @dentry's parent is remembered; NULL: nowhere, for its names may change unseen.
 * Nothing pins the parent but @dentry below it. If it has moved elsewhere meanwhile, the parent's
 * inode may be on its way out, and must not be left with a storage that outlives it: its memory
 * stays until this program ends (RCU), so there is time to take it back.
 */
static __always_inline struct directory *directory_make(struct dentry *dentry)
{
	struct dentry *parent = dentry->d_parent;
	struct inode *inode = parent->d_inode;
	struct directory *directory;

	if (!inode || parent->d_flags & DCACHE_OP_REVALIDATE)
		return NULL;
	directory = bpf_inode_storage_get(&directories, inode, NULL,
					  BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (dentry->d_parent == parent) /* read anew */
		return directory;
	(void)bpf_inode_storage_delete(&directories, inode);
	return NULL;
}

#endif
