/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which files are guarded whatever path leads to them: devices, and cgroupfs for writing. In: the
 * file that is being opened. Out: a family, or none. Told by the inode and the superblock, so a
 * device node that the agent made itself under another name is the same device.
 */
#ifndef WRIT_DEVICE_BPF_H
#define WRIT_DEVICE_BPF_H

#include "compat.bpf.h"
#include "guard.bpf.h"

/* include/uapi/linux/stat.h, magic.h, major.h; the kernel's dev_t: 12 bits major, 20 minor */
#define CGROUP_SUPER_MAGIC 0x27e0ebul
#define CGROUP2_SUPER_MAGIC 0x63677270ul
#define PID_FS_MAGIC 0x50494446ul
#define DEVICE_MAJOR(dev) ((dev) >> 20)
#define DEVICE_MINOR(dev) ((dev)&0xfffffu)
#define MEM_MAJOR 1u
#define TTYAUX_MAJOR 5u
#define UNIX98_PTY_SLAVE_MAJOR 136u
#define UNIX98_PTY_SLAVES 8u /* majors */

static __always_inline int file_system_is_cgroup(unsigned long magic)
{
	return magic == CGROUP2_SUPER_MAGIC || magic == CGROUP_SUPER_MAGIC;
}

/*
 * A list of what does no harm, for nobody can list what does: null 3, zero 5, full 7, random 8,
 * urandom 9; /dev/tty 5:0 and ptmx 5:2; pseudo terminals.
 */
static __always_inline int device_is_harmless(__u32 device)
{
	__u32 major = DEVICE_MAJOR(device), minor = DEVICE_MINOR(device);

	if (major == MEM_MAJOR)
		return minor < 10 && (1u << minor & (1u << 3 | 1u << 5 | 1u << 7 | 3u << 8));
	if (major == TTYAUX_MAJOR)
		return minor == 0 || minor == 2;
	return major - UNIX98_PTY_SLAVE_MAJOR < UNIX98_PTY_SLAVES;
}

/*
 * A pidfd: no file, but a process's number that can't be given to another. What is done with it is
 * judged when it is (task.bpf.c). Before 6.9 "pidfd: add pidfs" it came without an open.
 */
static __always_inline int file_is_process(struct file *file)
{
	return file->f_inode->i_sb->s_magic == PID_FS_MAGIC;
}

/* The family that must be open for @file to be, WRIT_FAMILY_COUNT: none. */
static __always_inline __u32 file_family(struct file *file, __u32 mode)
{
	struct inode *inode = file->f_inode;
	__u32 type = inode->i_mode & S_IFMT;

	if (type == S_IFBLK || (type == S_IFCHR && !device_is_harmless(inode->i_rdev)))
		return WRIT_FAMILY_DEVICE;
	if (mode & FMODE_WRITE && file_system_is_cgroup(inode->i_sb->s_magic))
		return WRIT_FAMILY_CGROUP;
	return WRIT_FAMILY_COUNT;
}

/* For file_open: refused if its family is closed; if it is open, the path is judged as ever. */
static __always_inline void guard_file(struct scratch *scratch, struct file *file, __u32 mode)
{
	__u32 family = file_family(file, mode);

	if (family == WRIT_FAMILY_COUNT || scratch->decision.reason != WRIT_REASON_NONE)
		return;
	if (!guard_opens(scratch, family))
		scratch->decision.reason = WRIT_REASON_GUARDRAIL;
}

#endif
