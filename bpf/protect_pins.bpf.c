// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pins, which are what keeps enforcement in the kernel, against every process but Writ's own.
 *
 * guard_path_unlink	a pin is removed
 * guard_path_rmdir	or a directory of pins
 * guard_path_rename	one is moved away, exchanged, or another put in its place
 * guard_sb_umount	the bpffs, or what it is mounted on, is unmounted; also lazily
 * guard_sb_mount	something is mounted over it, or it is remounted
 * guard_move_mount	it is moved, or something is moved over it
 *
 * Mounts are known by their id, which stays theirs as long as they are there. The same bpffs seen
 * through another mount (in a container, say) may be unmounted there: the pins stay.
 */
#include "protect.bpf.h"

/*
 * Is it the directory of the pins, or one of those below it? A name that is not there has no
 * inode, and that must be asked: 6.12 takes d_inode for a pointer that is never NULL, and a load
 * through it faults (seen).
 */
static __always_inline int guard_directory(struct dentry *dentry)
{
	struct inode *inode = dentry->d_inode;
	struct super_block *sb;

	if (!inode)
		return 0;
	sb = inode->i_sb;
	if (sb->s_magic != BPF_FS_MAGIC)
		return 0;
	return guard_find(WRIT_GUARD_DIRECTORY, sb->s_dev, inode->i_ino) != NULL;
}

/* The pointer as a number: global functions take no kernel pointers that the verifier knows. */
static __always_inline void *address_of(const void *pointer)
{
	void *address = NULL;

	(void)bpf_probe_read_kernel(&address, sizeof(address), &pointer);
	return address;
}

static __always_inline void guard_path(__u32 operation, struct dentry *dentry,
				       struct vfsmount *vfsmount)
{
	struct scratch *scratch = guard_begin(subject_current(), operation);

	if (!scratch)
		return;
	object_path(scratch, address_of(dentry), address_of(vfsmount));
	guard_end(scratch);
}

SEC("lsm/path_unlink")
int BPF_PROG(guard_path_unlink, struct path *dir, struct dentry *dentry, int ret)
{
	if (ret)
		return ret;
	if (!guard_directory(dir->dentry) || owner_current())
		return 0;
	guard_path(WRIT_OP_UNLINK, dentry, dir->mnt);
	return -EPERM;
}

SEC("lsm/path_rmdir")
int BPF_PROG(guard_path_rmdir, struct path *dir, struct dentry *dentry, int ret)
{
	if (ret)
		return ret;
	if ((!guard_directory(dir->dentry) && !guard_directory(dentry)) || owner_current())
		return 0;
	guard_path(WRIT_OP_RMDIR, dentry, dir->mnt);
	return -EPERM;
}

SEC("lsm/path_rename")
int BPF_PROG(guard_path_rename, struct path *old_dir, struct dentry *old_dentry,
	     struct path *new_dir, struct dentry *new_dentry, unsigned int flags, int ret)
{
	int from, to;

	if (ret)
		return ret;
	from = guard_directory(old_dir->dentry) || guard_directory(old_dentry);
	to = guard_directory(new_dir->dentry) || guard_directory(new_dentry);
	if ((!from && !to) || owner_current())
		return 0;
	if (from)
		guard_path(WRIT_OP_RENAME, old_dentry, old_dir->mnt);
	else
		guard_path(WRIT_OP_RENAME, new_dentry, new_dir->mnt);
	return -EPERM;
}

/* Flags of the mount among those that are guarded, -1: it is none of them. */
static __always_inline int guard_mount(struct vfsmount *vfsmount)
{
	struct mount *mount = (void *)vfsmount - bpf_core_field_offset(struct mount, mnt);
	struct writ_guard *guard = guard_find(WRIT_GUARD_MOUNT, 0, BPF_CORE_READ(mount, mnt_id));

	return guard ? (int)(guard->flags & WRIT_GUARD_PINS) : -1;
}

SEC("lsm/sb_umount")
int BPF_PROG(guard_sb_umount, struct vfsmount *mnt, int flags, int ret)
{
	if (ret)
		return ret;
	if (guard_mount(mnt) < 0 || owner_current())
		return 0;
	guard_path(WRIT_OP_MOUNT, mnt->mnt_root, mnt);
	return -EPERM;
}

SEC("lsm/sb_mount")
int BPF_PROG(guard_sb_mount, const char *dev_name, struct path *path, const char *type,
	     unsigned long flags, void *data, int ret)
{
	if (ret)
		return ret;
	if (guard_mount(path->mnt) != WRIT_GUARD_PINS || owner_current())
		return 0;
	guard_path(WRIT_OP_MOUNT, path->dentry, path->mnt);
	return -EPERM;
}

SEC("lsm/move_mount")
int BPF_PROG(guard_move_mount, struct path *from, struct path *to, int ret)
{
	if (ret)
		return ret;
	if ((guard_mount(from->mnt) < 0 && guard_mount(to->mnt) != WRIT_GUARD_PINS) ||
	    owner_current())
		return 0;
	guard_path(WRIT_OP_MOUNT, to->dentry, to->mnt);
	return -EPERM;
}
