/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every kernel constant that no UAPI header gives, and every difference between kernels: version,
 * commit title, and the floor at which the line can go. The floor is 6.1.
 */
#ifndef WRIT_COMPAT_BPF_H
#define WRIT_COMPAT_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/* include/linux/fs.h, same values on 6.1 to 7.3 */
#define FMODE_READ 0x1u
#define FMODE_WRITE 0x2u
#define FMODE_EXEC_FLAG 0x20u	/* __FMODE_EXEC in f_flags: opened to be executed */
#define FMODE_CREATED 0x100000u /* this open created the file */

/*
 * A file that the kernel opened beneath another one, as overlay file systems do: the open above it
 * was judged on the path that the user sees. 6.1 has FMODE_NOACCOUNT alone; 6.5 "fs: use backing
 * file container for internal files with \"fake\" f_path" adds FMODE_BACKING and keeps this bit.
 * User space can't set it.
 */
#define FMODE_NOACCOUNT 0x20000000u

#define FMODE_PATH 0x4000u /* O_PATH: nothing is open yet */

#define S_IFMT 0170000u
#define S_IFSOCK 0140000u
#define S_IFDIR 0040000u
#define S_IFCHR 0020000u
#define S_IFBLK 0060000u
#define S_IFIFO 0010000u

#define RENAME_EXCHANGE 2u
#define RENAME_WHITEOUT 4u

/* include/linux/fs.h */
#define ATTR_SIZE (1u << 3)
#define ATTR_ATIME (1u << 4)
#define ATTR_MTIME (1u << 5)
#define ATTR_FILE (1u << 13) /* by a descriptor, which is in ia_file */
#define ATTR_OPEN (1u << 15) /* by open(O_TRUNC) */

#define PROT_READ 1ul
#define PROT_WRITE 2ul
#define PROT_EXEC 4ul
#define MAP_SHARED 1ul
#define MAY_WRITE 2
#define MAY_READ 4
#define VM_EXEC 4ul /* include/linux/mm.h */

/* include/uapi/linux/fs.h: flags such as immutable, by number alone (their sizes differ) */
#define IOCTL_NUMBER(cmd) ((cmd) & 0xffffu)
#define FS_IOC_SETFLAGS_NUMBER 0x6602u
#define FS_IOC_FSSETXATTR_NUMBER 0x5820u

/*
 * 6.9 "security: Align inode_setattr hook definition with EVM" puts the idmap before the dentry,
 * and came with "security: Introduce inode_post_setattr hook".
 */
#define INODE_SETATTR_HAS_IDMAP                                                                    \
	bpf_core_field_exists(union security_list_options, inode_post_setattr)

/* 6.17 "lsm: introduce new hooks for setting/getting inode fsxattr" */
#define INODE_FILE_SETATTR_EXISTS                                                                  \
	bpf_core_field_exists(union security_list_options, inode_file_setattr)

/*
 * 6.2 "bpf: Avoid unnecessary deadlock detection and failure in task local storage"; told by the
 * map type that came with the same release.
 */
enum bpf_map_type___cgrp {
	BPF_MAP_TYPE_CGRP_STORAGE___cgrp = 32,
};
#define TASK_STORAGE_MISS_IS_CERTAIN                                                               \
	bpf_core_enum_value_exists(enum bpf_map_type___cgrp, BPF_MAP_TYPE_CGRP_STORAGE___cgrp)

/*
 * Newer kernels have f_path in a union with __f_path ("fs: constify file ->f_path"). What is read
 * from a union is nothing that the verifier lets a helper have, so there no path of a file is found
 * by what is remembered of its directory; those of names are (tree.bpf.c).
 */
#define FILE_PATH_IS_TYPED (!bpf_core_field_exists(struct file___union, __f_path))

/*
 * 6.2 "bpf: Add a kfunc for generic type cast": any address as a pointer to a kernel type, read as
 * such by plain loads that can't fault. A helper's read costs ten times that.
 */
extern void *bpf_rdonly_cast(const void *address, __u32 type) __ksym __weak;
#define can_cast() (bpf_rdonly_cast != NULL)
#define cast(address, type) ((type *)bpf_rdonly_cast(address, bpf_core_type_id_kernel(type)))

/* The 64 bits at @address, 0 if they can't be read: struct qstr begins with such. */
#define cast_word(address) (cast(address, struct qstr)->hash_len)

/*
 * 6.5 "bpf: Add bpf_sock_destroy kfunc": for iterators over sockets, which hold their locks. Before
 * that user space closes those that it gets hold of (user/kernel/cut_close.c).
 */
extern int bpf_sock_destroy(struct sock_common *sock) __ksym __weak;
#define can_destroy() (bpf_sock_destroy != NULL)

#define SB_NOUSER (1ul << 31)	 /* superblock of the kernel's own: pipes, sockets, memfd */
#define SB_KERNMOUNT (1ul << 22) /* likewise: hugetlbfs of memfd, devtmpfs inside */

#define MNT_NS_INTERNAL ((__u64)-EINVAL) /* fs/mount.h: mounts in no namespace */

/* include/uapi/asm-generic/fcntl.h, the same on x86-64 and arm64 */
#define O_APPEND 00002000u
#define O_TRUNC 00001000u
#define O_TMPFILE_BIT 020000000u

/* include/linux/dcache.h, 6.1 to 7.3: names in it may change without the kernel's doing */
#define DCACHE_OP_REVALIDATE 0x4u

#define BPF_FS_MAGIC 0xcafe4a11 /* include/uapi/linux/magic.h */
#define LSM_UNSAFE_SHARE 1u	 /* include/linux/security.h: a task outside shares its fs */
#define LSM_UNSAFE_PTRACE 2u	 /* and: it is traced */
#define PTRACE_MODE_ATTACH 0x02u /* include/linux/ptrace.h; reading alone is 0x01 */
#define CAP_SYS_ADMIN 21
#define PF_IO_WORKER 0x10u /* include/linux/sched.h, 6.1 to 7.3: a thread of io_uring */

#define AF_UNSPEC 0
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define AF_NETLINK 16
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOCK_RAW 3
#define SOCK_SEQPACKET 5
#define IPPROTO_IP 0
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_IPV6 41
#define IPPROTO_MPTCP 262
#define MSG_FASTOPEN 0x20000000u

/* include/uapi/linux/in.h, in6.h: options and control messages that give a packet its route */
#define IP_OPTIONS 4
#define IP_RETOPTS 7
#define IPV6_2292RTHDR 5
#define IPV6_2292PKTOPTIONS 6
#define IPV6_RTHDR 57

/* include/uapi/linux/netlink.h, rtnetlink.h; the kind is the last two bits of a message's type */
#define NETLINK_ROUTE 0
#define RTM_BASE 16
#define RTNL_KIND_GET 2

#define NAME_MAX 255u
#define SIGKILL 9

#endif
