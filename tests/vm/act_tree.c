// SPDX-License-Identifier: Apache-2.0
/*
 * act: names, attributes, mappings and received descriptors. Paths are the arguments, but where an
 * operation uses the descriptor that `hold` left.
 */
#include "act.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#define XATTR "trusted.writ"
#define ACL "system.posix_acl_access"
#define PAGE 4096u

static int result(long value)
{
	return value < 0 ? -errno : 0;
}

/* f p s c b: a file, a pipe, a socket, a device; w: what an overlay leaves for a removed file. */
static int make_node(struct act *act)
{
	const char *kind = act->next[1];
	mode_t mode = *kind == 'p'   ? S_IFIFO
		      : *kind == 's' ? S_IFSOCK
		      : *kind == 'b' ? S_IFBLK
		      : *kind == 'f' ? S_IFREG
				     : S_IFCHR;

	return result(mknod(act->next[2], mode | 0600, *kind == 'w' ? 0 : makedev(1, 3)));
}

static int make_new_directory(struct act *act)
{
	return result(mkdir(act->next[1], 0755));
}

static int remove_directory(struct act *act)
{
	return result(rmdir(act->next[1]));
}

static int make_symlink(struct act *act)
{
	return result(symlink(act->next[1], act->next[2]));
}

static int make_link(struct act *act)
{
	return result(link(act->next[1], act->next[2]));
}

static int do_rename(struct act *act)
{
	return result(rename(act->next[1], act->next[2]));
}

static int exchange(struct act *act)
{
	return result(renameat2(AT_FDCWD, act->next[1], AT_FDCWD, act->next[2], RENAME_EXCHANGE));
}

static int do_truncate(struct act *act)
{
	return result(truncate(act->next[1], 1));
}

static int truncate_held(struct act *act)
{
	return result(ftruncate(act->held, 1));
}

static int change_mode(struct act *act)
{
	return result(chmod(act->next[1], 0640));
}

static int change_mode_held(struct act *act)
{
	return result(fchmod(act->held, 0640));
}

static int change_owner(struct act *act)
{
	return result(lchown(act->next[1], 1, 1));
}

static int change_times(struct act *act)
{
	return result(utimensat(AT_FDCWD, act->next[1], NULL, AT_SYMLINK_NOFOLLOW));
}

static int change_times_held(struct act *act)
{
	return result(futimens(act->held, NULL));
}

static int set_attribute(struct act *act)
{
	return result(lsetxattr(act->next[1], XATTR, "v", 1, 0));
}

static int remove_attribute(struct act *act)
{
	return result(lremovexattr(act->next[1], XATTR));
}

/* An ACL that says what the mode says. */
static int set_acl(struct act *act)
{
	static const struct __attribute__((packed)) {
		__u32 version;
		struct __attribute__((packed)) {
			__u16 tag, perm;
			__u32 id;
		} entries[3];
	} acl = {2, {{0x01, 6, ~0u}, {0x04, 4, ~0u}, {0x20, 4, ~0u}}};

	return result(setxattr(act->next[1], ACL, &acl, sizeof(acl), 0));
}

/* What `chattr` does; nothing is changed. */
static int set_flags(struct act *act)
{
	int fd = open(act->next[1], O_RDONLY | O_CLOEXEC), flags = 0, err;

	if (fd < 0)
		return -errno;
	err = result(ioctl(fd, FS_IOC_SETFLAGS, &flags));
	(void)close(fd);
	return err;
}

/* The same as a 32-bit program does it. */
static int set_flags_compat(struct act *act)
{
#ifdef __x86_64__
	static int flags; /* below 4 GiB: this program is linked to a fixed place */
	int fd = open(act->next[1], O_RDONLY | O_CLOEXEC);
	long status = 54; /* ioctl, arch/x86/entry/syscalls/syscall_32.tbl */

	if (fd < 0)
		return -errno;
	__asm__ volatile("int $0x80"
			 : "+a"(status)
			 : "b"(fd), "c"(FS_IOC32_SETFLAGS), "d"((unsigned int)(unsigned long)&flags)
			 : "memory", "r8", "r9", "r10", "r11");
	(void)close(fd);
	return (int)status;
#else
	(void)act;
	return -ENOSYS;
#endif
}

/* Asks the held device how big it is. */
static int device_size(struct act *act)
{
	__u64 size;

	return result(ioctl(act->held, BLKGETSIZE64, &size));
}

/* Maps the descriptor's file with @before, and turns that into @after. */
static int map_fd(int fd, int before, int after)
{
	void *memory = mmap(NULL, PAGE, before, MAP_PRIVATE, fd, 0);
	int err;

	if (memory == MAP_FAILED)
		return -errno;
	err = before == after ? 0 : result(mprotect(memory, PAGE, after));
	(void)munmap(memory, PAGE);
	return err;
}

static int map_path(const char *path, int before, int after)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = map_fd(fd, before, after);
	(void)close(fd);
	return err;
}

static int map_executable(struct act *act)
{
	return map_path(act->next[1], PROT_READ | PROT_EXEC, PROT_READ | PROT_EXEC);
}

static int map_becomes_executable(struct act *act)
{
	return map_path(act->next[1], PROT_READ, PROT_READ | PROT_EXEC);
}

static int map_held(struct act *act)
{
	return map_fd(act->held, PROT_READ | PROT_EXEC, PROT_READ | PROT_EXEC);
}

/* Memory without a file, as of a program that compiles at run time. */
static int map_anonymous(struct act *act)
{
	void *memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)act;
	if (memory == MAP_FAILED)
		return -errno;
	return result(mprotect(memory, PAGE, PROT_READ | PROT_EXEC));
}

static int pass_fd(int socket, int fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {.header = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
	struct iovec byte = {"x", 1};
	struct msghdr message = {.msg_iov = &byte,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};

	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	return result(sendmsg(socket, &message, 0));
}

/* Sends @fd into a socket, from which `receive` takes it. */
static int send_fd(struct act *act, int fd)
{
	int pair[2], err;

	if (fd < 0)
		return fd;
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair))
		return -errno;
	err = pass_fd(pair[0], fd);
	act->passed = pair[1];
	(void)close(fd);
	return err;
}

static int pass(struct act *act)
{
	return send_fd(act, act_open(AT_FDCWD, act->next[1], act->next[2]));
}

static int pass_pipe(struct act *act)
{
	int pair[2];

	if (pipe2(pair, O_CLOEXEC))
		return -errno;
	return send_fd(act, pair[0]);
}

static int pass_memory(struct act *act)
{
	return send_fd(act, memfd_create("passed", MFD_CLOEXEC));
}

static int pass_socket(struct act *act)
{
	int family = strcmp(act->next[1], "unix") ? AF_INET : AF_UNIX;

	return send_fd(act, socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

/* The descriptor that was sent becomes the held one. EPERM if it does not arrive. */
static int receive(struct act *act)
{
	char space[CMSG_SPACE(sizeof(int))], byte;
	struct iovec vector = {&byte, 1};
	struct msghdr message = {.msg_iov = &vector,
				 .msg_iovlen = 1,
				 .msg_control = space,
				 .msg_controllen = sizeof(space)};
	struct cmsghdr *header;

	if (recvmsg(act->passed, &message, MSG_CMSG_CLOEXEC) < 0)
		return -errno;
	header = CMSG_FIRSTHDR(&message);
	if (!header)
		return message.msg_flags & MSG_CTRUNC ? -EPERM : -ENOMSG;
	memcpy(&act->held, CMSG_DATA(header), sizeof(act->held));
	return 0;
}

const struct act_operation act_tree_operations[] = {
	{"mknod", 2, make_node},
	{"newdir", 1, make_new_directory},
	{"rmdir", 1, remove_directory},
	{"symlink", 2, make_symlink},
	{"link", 2, make_link},
	{"rename", 2, do_rename},
	{"exchange", 2, exchange},
	{"truncate", 1, do_truncate},
	{"ftruncate", 0, truncate_held},
	{"chmod", 1, change_mode},
	{"fchmod", 0, change_mode_held},
	{"chown", 1, change_owner},
	{"utimes", 1, change_times},
	{"futimes", 0, change_times_held},
	{"setxattr", 1, set_attribute},
	{"removexattr", 1, remove_attribute},
	{"acl", 1, set_acl},
	{"setflags", 1, set_flags},
	{"setflags32", 1, set_flags_compat},
	{"blksize", 0, device_size},
	{"mapx", 1, map_executable},
	{"mprotectx", 1, map_becomes_executable},
	{"mapheld", 0, map_held},
	{"mapanon", 0, map_anonymous},
	{"pass", 2, pass},
	{"passpipe", 0, pass_pipe},
	{"passmem", 0, pass_memory},
	{"passsock", 1, pass_socket},
	{"receive", 0, receive},
	{NULL, 0, NULL},
};
