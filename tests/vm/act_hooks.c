// SPDX-License-Identifier: Apache-2.0
/*
 * act: what the table of hooks needs beside the other acts. Where an act on Writ's own would do
 * harm when it is allowed, there is one here that asks the same hook and then fails.
 */
#include "act.h"

#include <asm/sockios.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/types.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#define ACL "system.posix_acl_access"
#define DEPTH_MAX 16
#define FILE_SETATTR 469 /* file_setattr(2), since 6.17; the same on every architecture */

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *at)
{
	(void)status;
	(void)kind;
	(void)at;
	return remove(path);
}

/* DIR anew: a file f, directories d and e, a symbolic link l. */
static int scene(struct act *act)
{
	const char *directory = act->next[1];
	int at, file;

	(void)nftw(directory, remove_one, DEPTH_MAX, FTW_DEPTH | FTW_PHYS);
	if (mkdir(directory, 0755))
		return -errno;
	at = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	file = openat(at, "f", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (file < 0 || write(file, "content\n", 8) != 8 || mkdirat(at, "d", 0755) ||
	    mkdirat(at, "e", 0755) || symlinkat("/etc", at, "l"))
		return -errno;
	(void)close(file);
	(void)close(at);
	return 0;
}

static int remove_acl(struct act *act)
{
	return removexattr(act->next[1], ACL) ? -errno : 0;
}

/* No attribute is set. */
static int set_file_attributes(struct act *act)
{
	struct {
		__u64 xflags;
		__u32 extsize, nextents, projid, cowextsize;
	} none = {0};

	return syscall(FILE_SETATTR, AT_FDCWD, act->next[1], &none, sizeof(none), 0u) ? -errno : 0;
}

static int set_ttl(struct act *act)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), ttl = 9, err;

	(void)act;
	if (fd < 0)
		return -errno;
	err = setsockopt(fd, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl)) ? -errno : 0;
	(void)close(fd);
	return err;
}

/* As fcntl(F_SETOWN) does; 32: as a 32-bit program asks. */
static int own_by_ioctl(struct act *act)
{
	static int owner; /* below 4 GiB: this program is linked to a fixed place */
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	long status = -ENOSYS;

	if (fd < 0)
		return -errno;
	owner = (int)strtol(act->next[2], NULL, 10);
	if (strcmp(act->next[1], "32"))
		status = ioctl(fd, FIOSETOWN, &owner) ? -errno : 0;
#ifdef __x86_64__
	else
		__asm__ volatile("int $0x80"
				 : "=a"(status)
				 : "0"(54l) /* ioctl, syscall_32.tbl */, "b"(fd), "c"(FIOSETOWN),
				   "d"((unsigned int)(unsigned long)&owner)
				 : "memory", "r8", "r9", "r10", "r11");
#endif
	(void)close(fd);
	return (int)status;
}

/* EBUSY for a mount that is in use. */
static int expire(struct act *act)
{
	return umount2(act->next[1], MNT_EXPIRE) ? -errno : 0;
}

/* Changes nothing: mounts of the guest are private. */
static int make_private(struct act *act)
{
	return mount(NULL, act->next[1], NULL, MS_PRIVATE, NULL) ? -errno : 0;
}

/* EINVAL from a directory that is no mount. */
static int move_no_mount(struct act *act)
{
	return syscall(SYS_move_mount, AT_FDCWD, act->next[1], AT_FDCWD, act->next[2], 0u) ? -errno
											   : 0;
}

const struct act_operation act_hooks_operations[] = {
	{"scene", 1, scene},
	{"removeacl", 1, remove_acl},
	{"filesetattr", 1, set_file_attributes},
	{"ttl", 0, set_ttl},
	{"ioctlown", 2, own_by_ioctl},
	{"expire", 1, expire},
	{"private", 1, make_private},
	{"movemount", 2, move_no_mount},
	{NULL, 0, NULL},
};
