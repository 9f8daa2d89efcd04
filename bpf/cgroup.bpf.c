// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroupfs, v1 and v2: limits, freezer and membership are not the agent's to change.
 *
 * inode_mkdir, inode_rmdir, inode_rename	directories; the object is the name
 *
 * Files of it that are opened for writing are refused in file_open (device.bpf.h). A descriptor of
 * cgroup.procs that was opened before still moves its bearer; the label moves along (enrol.bpf.c).
 * CLONE_INTO_CGROUP is refused in task_alloc.
 */
#include "device.bpf.h"
#include "guard.bpf.h"

static __always_inline int cgroup_guard(struct inode *dir, struct dentry *dentry)
{
	if (!file_system_is_cgroup(dir->i_sb->s_magic))
		return 0;
	return guard_word(subject_current(), WRIT_OP_CGROUP, WRIT_FAMILY_CGROUP,
			  (const char *)BPF_CORE_READ(dentry, d_name.name));
}

SEC("lsm/inode_mkdir")
int BPF_PROG(inode_mkdir, struct inode *dir, struct dentry *dentry, int mode, int ret)
{
	return ret ? ret : cgroup_guard(dir, dentry);
}

SEC("lsm/inode_rmdir")
int BPF_PROG(inode_rmdir, struct inode *dir, struct dentry *dentry, int ret)
{
	return ret ? ret : cgroup_guard(dir, dentry);
}

SEC("lsm/inode_rename")
int BPF_PROG(inode_rename, struct inode *old_dir, struct dentry *old_dentry, struct inode *new_dir,
	     struct dentry *new_dentry, int ret)
{
	return ret ? ret : cgroup_guard(old_dir, old_dentry);
}
