// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files: what an agent opens.
 *
 * file_open	every open of a file or directory, also by the kernel on behalf of an exec; stops
 *		reading, writing and truncating without a rule. What it creates was judged by
 *		path_mknod (tree.bpf.c) and is judged again.
 *
 * O_PATH opens nothing and comes here only when it is used. Overlay file systems come twice, and
 * more often when they copy a file up; what they open below was judged above.
 */
#include "device.bpf.h"
#include "file.bpf.h"

/*
 * Does a file system open this file beneath another one? Told by the mode, or by the mount: layers
 * of an overlay are reached through mounts of its own that belong to no namespace
 * (clone_private_mount, fs/namespace.c) and that no path and no descriptor leads to. The kernel's
 * own file systems (memfd and the like) have such mounts too: those a descriptor does lead to.
 */
static __always_inline int open_beneath(struct file *file, __u32 mode)
{
	struct vfsmount *vfsmount = BPF_CORE_READ(file, f_path.mnt);
	struct mount *mount = (void *)vfsmount - bpf_core_field_offset(struct mount, mnt);

	if (mode & FMODE_NOACCOUNT)
		return 1;
	if ((__u64)BPF_CORE_READ(mount, mnt_ns) != MNT_NS_INTERNAL)
		return 0;
	return !(BPF_CORE_READ(vfsmount, mnt_sb, s_flags) & (SB_NOUSER | SB_KERNMOUNT));
}

SEC("lsm/file_open")
int BPF_PROG(file_open, struct file *file, int ret)
{
	struct scratch *scratch;
	__u32 agent, flags, mode;

	if (ret)
		return ret;
	agent = subject_current();
	if (!agent)
		return 0;
	flags = file->f_flags;
	mode = file->f_mode;
	if (open_beneath(file, mode) || file_is_process(file))
		return 0;
	if (!(flags & FMODE_EXEC_FLAG)) {
		scratch = scratch_begin(agent, WRIT_OP_OPEN, open_access(flags, mode));
	} else { /* a program, or the loader that maps it: bprm_check_security judges the program */
		scratch = scratch_begin(agent, WRIT_OP_OPEN_EXEC, WRIT_ACCESS_EXECUTE);
		if (scratch)
			scratch->decision.any = WRIT_ACCESS_EXECUTE | WRIT_ACCESS_EXECUTE_ARGV |
						WRIT_ACCESS_MAP;
	}
	if (!scratch)
		return scratch_refuse(agent) ? -EPERM : 0;
	object_file(scratch, file);
	guard_file(scratch, file, mode);
	return decision_end(scratch);
}
