// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an agent does with files by other ways than opening them.
 *
 * mmap_file		a file is mapped executable: map, or execute. This is what the loader does
 *			with a program that it is given as an argument. Memory without a file is a
 *			program's own affair; memory that has one (memfd) and deleted files are
 *			refused.
 * file_mprotect	a mapping of a file becomes executable: the same
 * file_receive		a descriptor comes in from another process: as if it was opened here. Pipes
 *			and Unix sockets pass; everything else without a path is refused.
 * file_ioctl, file_ioctl_compat
 *			of a block device: guarded; of a file's flags, such as immutable:
 *			attributes, up to 6.16; then by inode_file_setattr (attributes.bpf.c);
 *			who gets a socket's signals: guarded (owner.bpf.c), whoever it is, for
 *			the argument is the caller's memory
 *
 * An exec maps its program and its loader by the same hook. Both were judged as they were opened,
 * and no code of the agent runs in that task before the exec is over.
 */
#include "file.bpf.h"
#include "guard.bpf.h"

/* include/uapi/asm-generic/sockios.h, the same on x86-64 and arm64 */
#define FIOSETOWN 0x8901u
#define SIOCSPGRP 0x8902u

/*
 * The path that the user opened: a mapping of a file on an overlay is one of the layer's file. That
 * has the layer's own mount, and keeps the user's path beside it. 6.7 "fs: store real path instead
 * of fake path in backing file f_path"; before, f_path is the user's.
 */
static __always_inline void object_mapped(struct scratch *scratch, struct file *file)
{
	struct backing_file *backing = (void *)file;

	if (bpf_core_field_exists(backing->user_path) && file_is_of_layer(file))
		object_path(scratch, BPF_CORE_READ(backing, user_path.dentry),
			    BPF_CORE_READ(backing, user_path.mnt));
	else
		object_file(scratch, file);
}

/* @file becomes executable memory. @agent is not 0. */
static __always_inline int map_judge(__u32 agent, struct file *file)
{
	struct scratch *scratch = scratch_begin(agent, WRIT_OP_MAP, WRIT_ACCESS_MAP);

	if (!scratch)
		return scratch_refuse(agent) ? -EPERM : 0;
	scratch->decision.any = WRIT_ACCESS_MAP | WRIT_ACCESS_EXECUTE;
	object_mapped(scratch, file);
	if (!scratch->decision.reason && object_unlinked(file))
		scratch->decision.reason = WRIT_REASON_UNLINKED;
	return decision_end(scratch) ? -EPERM : 0;
}

static __always_inline int task_executes(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return BPF_CORE_READ_BITFIELD(task, in_execve);
}

/*
 * @file is NULL for memory without a file, and up to 6.12 the verifier holds that it never is: it
 * would remove the check. So it is read as a number.
 */
SEC("lsm/mmap_file")
int BPF_PROG(mmap_file, void *ignored, unsigned long asked, unsigned long prot, unsigned long flags,
	     int ret)
{
	struct file *file = NULL;
	__u32 agent;

	if (ret)
		return ret;
	if (!(prot & PROT_EXEC))
		return 0;
	agent = subject_current();
	if (!agent)
		return 0;
	if (bpf_probe_read_kernel(&file, sizeof(file), ctx))
		return -EPERM;
	if (!file || task_executes())
		return 0;
	return map_judge(agent, file);
}

SEC("lsm/file_mprotect")
int BPF_PROG(file_mprotect, struct vm_area_struct *vma, unsigned long asked, unsigned long prot,
	     int ret)
{
	struct file *file;
	__u32 agent;

	if (ret)
		return ret;
	if (!(prot & PROT_EXEC))
		return 0;
	agent = subject_current();
	if (!agent)
		return 0;
	file = BPF_CORE_READ(vma, vm_file);
	if (!file || BPF_CORE_READ(vma, vm_flags) & VM_EXEC) /* it was judged as it was mapped */
		return 0;
	return map_judge(agent, file);
}

/*
 * A pipe, or a Unix socket: it carries bytes, as the socket does that it came by, and the
 * descriptors that may come by it are judged in their turn. To send to a name by it is judged too.
 */
static __always_inline int file_carries_bytes(struct file *file, struct inode *inode)
{
	struct socket *sock;

	if (!inode_is_nameless(inode))
		return 0;
	if (inode_type(inode) == S_IFIFO)
		return 1;
	if (inode_type(inode) != S_IFSOCK)
		return 0;
	sock = BPF_CORE_READ(file, private_data);
	return BPF_CORE_READ(sock, sk, __sk_common.skc_family) == AF_UNIX;
}

SEC("lsm/file_receive")
int BPF_PROG(file_receive, struct file *file, int ret)
{
	__u32 agent, flags, mode;
	struct inode *inode;

	if (ret)
		return ret;
	agent = subject_current();
	if (!agent)
		return 0;
	flags = BPF_CORE_READ(file, f_flags);
	mode = BPF_CORE_READ(file, f_mode);
	inode = BPF_CORE_READ(file, f_inode);
	if (mode & FMODE_PATH) /* judged when it is used */
		return 0;
	if (file_carries_bytes(file, inode))
		return 0;
	return file_judge(agent, file, WRIT_OP_RECEIVE,
			  open_access(flags & ~O_TMPFILE_BIT, mode & ~FMODE_CREATED), 0);
}

static __always_inline int ioctl_sets_flags(__u32 cmd)
{
	if (INODE_FILE_SETATTR_EXISTS) /* it is asked, of every way in */
		return 0;
	return IOCTL_NUMBER(cmd) == FS_IOC_SETFLAGS_NUMBER ||
	       IOCTL_NUMBER(cmd) == FS_IOC_FSSETXATTR_NUMBER;
}

static const char word_owner[] = "FIOSETOWN";

/* All are rare, so that everybody else's ioctl costs a few comparisons. */
static __always_inline int ioctl_judge(struct file *file, __u32 cmd)
{
	int is_device = inode_type(BPF_CORE_READ(file, f_inode)) == S_IFBLK;
	struct scratch *scratch;
	__u32 agent;

	if (cmd == FIOSETOWN || cmd == SIOCSPGRP)
		return guard_word(subject_current(), WRIT_OP_OWNER, WRIT_FAMILY_SIGNAL, word_owner);
	if (!is_device && !ioctl_sets_flags(cmd))
		return 0;
	agent = subject_current();
	if (!agent || (!is_device && subject_acts_beneath()))
		return 0;
	if (!is_device)
		return file_judge(agent, file, WRIT_OP_IOCTL, WRIT_ACCESS_ATTRIBUTES, 0);
	scratch = scratch_begin(agent, WRIT_OP_IOCTL, WRIT_ACCESS_WRITE);
	if (!scratch)
		return scratch_refuse(agent) ? -EPERM : 0;
	object_file(scratch, file);
	if (!scratch->decision.reason && !guard_opens(scratch, WRIT_FAMILY_DEVICE))
		scratch->decision.reason = WRIT_REASON_GUARDRAIL;
	return decision_end(scratch) ? -EPERM : 0;
}

SEC("lsm/file_ioctl")
int BPF_PROG(file_ioctl, struct file *file, unsigned int cmd, unsigned long argument, int ret)
{
	if (ret)
		return ret;
	return ioctl_judge(file, cmd);
}

SEC("lsm/file_ioctl_compat")
int BPF_PROG(file_ioctl_compat, struct file *file, unsigned int cmd, unsigned long argument,
	     int ret)
{
	if (ret)
		return ret;
	return ioctl_judge(file, cmd);
}
