// SPDX-License-Identifier: Apache-2.0
/*
 * act: what is tried against Writ's own maps, programs, links, pins and processes. `claim` is what
 * root outside of every agent may do; after it the rest succeeds as well.
 */
#include "act.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int bpf(int command, union bpf_attr *attr)
{
	int result = (int)syscall(SYS_bpf, command, attr, sizeof(*attr));

	return result < 0 ? -errno : result;
}

static int object_get(const char *path, __u32 flags)
{
	union bpf_attr attr = {.pathname = (__u64)(unsigned long)path, .file_flags = flags};
	int fd = bpf(BPF_OBJ_GET, &attr);

	if (fd >= 0)
		(void)close(fd);
	return fd < 0 ? fd : 0;
}

static int claim(struct act *act)
{
	return object_get(act->next[1], BPF_F_WRONLY);
}

static int pinned(struct act *act)
{
	return object_get(act->next[1], 0);
}

static pid_t process(const struct act *act)
{
	return (pid_t)strtol(act->next[1], NULL, 10);
}

/* What the last object that may be had by id is refused with; ok if there is none. */
static int by_id(int next_command, int get_command)
{
	union bpf_attr next = {.start_id = 0}, get;
	int result = 0;

	while (!bpf(next_command, &next)) {
		int fd;

		memset(&get, 0, sizeof(get));
		get.map_id = next.next_id;
		next.start_id = next.next_id;
		fd = bpf(get_command, &get);
		if (fd < 0)
			result = fd;
		else
			(void)close(fd);
	}
	return result;
}

static int map_ids(struct act *act)
{
	(void)act;
	return by_id(BPF_MAP_GET_NEXT_ID, BPF_MAP_GET_FD_BY_ID);
}

static int program_ids(struct act *act)
{
	(void)act;
	return by_id(BPF_PROG_GET_NEXT_ID, BPF_PROG_GET_FD_BY_ID);
}

static int link_ids(struct act *act)
{
	(void)act;
	return by_id(BPF_LINK_GET_NEXT_ID, BPF_LINK_GET_FD_BY_ID);
}

/* A pinned link, which may be had, and what could be done with it. */
static int link_end(struct act *act)
{
	union bpf_attr attr = {.pathname = (__u64)(unsigned long)act->next[1]};
	int fd = bpf(BPF_OBJ_GET, &attr), err;

	if (fd < 0)
		return fd;
	memset(&attr, 0, sizeof(attr));
	attr.link_detach.link_fd = (__u32)fd;
	err = bpf(BPF_LINK_DETACH, &attr);
	(void)close(fd);
	return err;
}

static int pin_unlink(struct act *act)
{
	return unlink(act->next[1]) ? -errno : 0;
}

static int pin_rmdir(struct act *act)
{
	return rmdir(act->next[1]) ? -errno : 0;
}

static int pin_rename(struct act *act)
{
	return rename(act->next[1], act->next[2]) ? -errno : 0;
}

static int unmount(struct act *act)
{
	return umount2(act->next[1], MNT_DETACH) ? -errno : 0;
}

static int mount_over(struct act *act)
{
	return mount("bpf", act->next[1], "bpf", 0, NULL) ? -errno : 0;
}

static int send_signal(struct act *act)
{
	return kill(process(act), SIGCONT) ? -errno : 0;
}

static int seize(struct act *act)
{
	return ptrace(PTRACE_SEIZE, process(act), NULL, NULL) ? -errno : 0;
}

static int take_descriptor(struct act *act)
{
	int pidfd = (int)syscall(SYS_pidfd_open, process(act), 0), fd;

	if (pidfd < 0)
		return -errno;
	fd = (int)syscall(SYS_pidfd_getfd, pidfd, 2, 0);
	return fd < 0 ? -errno : 0;
}

static int limit(struct act *act)
{
	const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};

	return prlimit(process(act), RLIMIT_CPU, &none, NULL) ? -errno : 0;
}

const struct act_operation act_protect_operations[] = {
	{"claim", 1, claim},
	{"pinned", 1, pinned},
	{"map_ids", 0, map_ids},
	{"program_ids", 0, program_ids},
	{"link_ids", 0, link_ids},
	{"link_end", 1, link_end},
	{"pin_unlink", 1, pin_unlink},
	{"pin_rmdir", 1, pin_rmdir},
	{"pin_rename", 2, pin_rename},
	{"bpffs_umount", 1, unmount},
	{"bpffs_mount", 1, mount_over},
	{"writd_signal", 1, send_signal},
	{"writd_seize", 1, seize},
	{"writd_getfd", 1, take_descriptor},
	{"writd_limit", 1, limit},
	{NULL, 0, NULL},
};
