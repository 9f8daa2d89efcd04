/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every kernel constant that no UAPI header gives, and every difference between kernels: version,
 * commit title, and the floor at which the line can go. The floor is 6.1.
 */
#ifndef WRIT_COMPAT_BPF_H
#define WRIT_COMPAT_BPF_H

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

#define SB_NOUSER (1ul << 31)	 /* superblock of the kernel's own: pipes, sockets, memfd */
#define SB_KERNMOUNT (1ul << 22) /* likewise: hugetlbfs of memfd, devtmpfs inside */

#define MNT_NS_INTERNAL ((__u64)-EINVAL) /* fs/mount.h: mounts in no namespace */

/* include/uapi/asm-generic/fcntl.h, the same on x86-64 and arm64 */
#define O_APPEND 00002000u
#define O_TRUNC 00001000u
#define O_TMPFILE_BIT 020000000u

#define PF_IO_WORKER 0x10u /* include/linux/sched.h, 6.1 to 7.3: a thread of io_uring */

#define AF_UNSPEC 0
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_MPTCP 262
#define NAME_MAX 255u
#define SIGKILL 9

#endif
