/* SPDX-License-Identifier: GPL-2.0-only */
/* What the hooks of files share: which access an open file stands for, and of which kind it is. */
#ifndef WRIT_FILE_BPF_H
#define WRIT_FILE_BPF_H

#include "object.bpf.h"

static __always_inline __u32 open_access(__u32 flags, __u32 mode)
{
	__u32 access = 0;

	if (mode & FMODE_READ)
		access |= WRIT_ACCESS_READ;
	/*
	 * Appending counts as writing: a descriptor that may only append can be made to overwrite
	 * by fcntl(F_SETFL).
	 */
	if (mode & FMODE_WRITE || flags & O_TRUNC)
		access |= WRIT_ACCESS_WRITE;
	if (mode & FMODE_CREATED || flags & O_TMPFILE_BIT)
		access |= WRIT_ACCESS_CREATE;
	if (!access) /* O_ACCMODE: for ioctl alone, the kernel asks for both as well */
		access = WRIT_ACCESS_READ | WRIT_ACCESS_WRITE;
	return access;
}

static __always_inline __u32 inode_type(struct inode *inode)
{
	return BPF_CORE_READ(inode, i_mode) & S_IFMT;
}

/*
 * On a file system of the kernel's own, which nobody can mount: a pipe, a socket, memory. It has no
 * name, and whoever holds it got it from its maker.
 */
static __always_inline int inode_is_nameless(struct inode *inode)
{
	return BPF_CORE_READ(inode, i_sb, s_flags) & SB_NOUSER ? 1 : 0;
}

/*
 * Layers of an overlay are reached through mounts of its own that belong to no namespace
 * (clone_private_mount, fs/namespace.c) and that no path and no descriptor leads to. The kernel's
 * own file systems (memfd and the like) have such mounts too: those a descriptor does lead to.
 */
static __always_inline int file_is_of_layer(struct file *file)
{
	struct vfsmount *vfsmount = BPF_CORE_READ(file, f_path.mnt);
	struct mount *mount = (void *)vfsmount - bpf_core_field_offset(struct mount, mnt);

	if ((__u64)BPF_CORE_READ(mount, mnt_ns) != MNT_NS_INTERNAL)
		return 0;
	return !(BPF_CORE_READ(vfsmount, mnt_sb, s_flags) & (SB_NOUSER | SB_KERNMOUNT));
}

/* How hooks end whose object is the file's path. @agent is not 0. */
static __always_inline int file_judge(__u32 agent, struct file *file, __u32 operation, __u32 access,
				      __u32 any)
{
	struct scratch *scratch = scratch_begin(agent, operation, access);

	if (!scratch)
		return scratch_refuse(agent) ? -EPERM : 0;
	scratch->decision.any = any;
	object_file(scratch, file);
	return decision_end(scratch) ? -EPERM : 0;
}

#endif
