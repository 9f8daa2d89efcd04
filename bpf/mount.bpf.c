// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is mounted where, and what "/" means: rules name paths, so who changes these changes what
 * every rule says.
 *
 * sb_mount		mount(2): new, bind, move, remount, propagation; the object is the target
 * sb_remount		fsconfig(2) of a file system that is mounted
 * sb_kern_mount	fsconfig(2) that makes a superblock: what fsmount(2) will attach
 * move_mount		move_mount(2), also of what open_tree(2) cloned
 * sb_umount		umount(2), lazily too
 * sb_pivotroot		pivot_root(2)
 * path_chroot		chroot(2)
 * userns_create	a user namespace, in which its maker has every capability
 *
 * open_tree(OPEN_TREE_CLONE), mount_setattr, unshare of a mount namespace and setns into one ask no
 * hook of their own: they need CAP_SYS_ADMIN, see capability.bpf.c. What is opened on a mount that
 * is in no namespace is refused by its path (`detached`).
 */
#include "guard.bpf.h"

static const char word_user[] = "user";

/* Where @mount is mounted: the same path as its root's, and read from the parent. */
static __always_inline void object_mount(struct scratch *scratch, struct vfsmount *vfsmount)
{
	struct mount *mount = (void *)vfsmount - bpf_core_field_offset(struct mount, mnt);
	struct mount *parent = BPF_CORE_READ(mount, mnt_parent);

	object_path(scratch, BPF_CORE_READ(mount, mnt_mountpoint),
		    (void *)parent + bpf_core_field_offset(struct mount, mnt));
}

SEC("lsm/sb_mount")
int BPF_PROG(sb_mount, const char *dev_name, const struct path *path, const char *type,
	     unsigned long flags, void *data, int ret)
{
	if (ret)
		return ret;
	return guard_path(subject_current(), WRIT_OP_MOUNT, WRIT_FAMILY_MOUNT, path);
}

SEC("lsm/sb_remount")
int BPF_PROG(sb_remount, struct super_block *sb, void *options, int ret)
{
	if (ret)
		return ret;
	return guard_word(subject_current(), WRIT_OP_MOUNT, WRIT_FAMILY_MOUNT,
			  BPF_CORE_READ(sb, s_type, name));
}

SEC("lsm/sb_kern_mount")
int BPF_PROG(sb_kern_mount, const struct super_block *sb, int ret)
{
	if (ret)
		return ret;
	return guard_word(subject_current(), WRIT_OP_MOUNT, WRIT_FAMILY_MOUNT,
			  BPF_CORE_READ(sb, s_type, name));
}

SEC("lsm/move_mount")
int BPF_PROG(move_mount, const struct path *from, const struct path *to, int ret)
{
	if (ret)
		return ret;
	return guard_path(subject_current(), WRIT_OP_MOUNT, WRIT_FAMILY_MOUNT, to);
}

SEC("lsm/sb_umount")
int BPF_PROG(sb_umount, struct vfsmount *vfsmount, int flags, int ret)
{
	struct scratch *scratch;
	__u32 agent;

	if (ret)
		return ret;
	agent = subject_current();
	if (!agent)
		return 0;
	scratch = scratch_begin(agent, WRIT_OP_MOUNT, 0);
	if (!scratch)
		return scratch_refuse(agent) ? -EPERM : 0;
	object_mount(scratch, vfsmount);
	return guard_end(scratch, WRIT_FAMILY_MOUNT);
}

SEC("lsm/sb_pivotroot")
int BPF_PROG(sb_pivotroot, const struct path *old_path, const struct path *new_path, int ret)
{
	if (ret)
		return ret;
	return guard_path(subject_current(), WRIT_OP_MOUNT, WRIT_FAMILY_MOUNT, new_path);
}

SEC("lsm/path_chroot")
int BPF_PROG(path_chroot, const struct path *path, int ret)
{
	if (ret)
		return ret;
	return guard_path(subject_current(), WRIT_OP_CHROOT, WRIT_FAMILY_CHROOT, path);
}

SEC("lsm/userns_create")
int BPF_PROG(userns_create, const struct cred *cred, int ret)
{
	if (ret)
		return ret;
	return guard_word(subject_current(), WRIT_OP_NAMESPACE, WRIT_FAMILY_NAMESPACE, word_user);
}
