// SPDX-License-Identifier: Apache-2.0
/*
 * act: what reaches past an agent's files and sockets, to the kernel and to other processes. Each
 * operation does one act and leaves what it made, for the case to take away.
 */
#include "act.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/kcmp.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define SYSCALL(...) (syscall(__VA_ARGS__) < 0 ? -errno : 0)

static pid_t number(const struct act *act, int word)
{
	return (pid_t)strtol(act->next[word], NULL, 10);
}

/* --- mounts ----------------------------------------------------------------------------------- */

static int do_mount(struct act *act)
{
	return mount("act", act->next[1], "tmpfs", 0, NULL) ? -errno : 0;
}

static int do_bind_mount(struct act *act)
{
	return mount(act->next[1], act->next[2], NULL, MS_BIND, NULL) ? -errno : 0;
}

static int do_umount(struct act *act)
{
	return umount2(act->next[1], MNT_DETACH) ? -errno : 0;
}

static int pivot(struct act *act)
{
	return SYSCALL(SYS_pivot_root, act->next[1], act->next[1]);
}

/* fsopen, fsconfig: the superblock is there, and mounted nowhere. */
static int superblock(struct act *act)
{
	int fs = (int)syscall(SYS_fsopen, act->next[1], 0u), err;

	if (fs < 0)
		return -errno;
	err = SYSCALL(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	(void)close(fs);
	return err;
}

/* fsconfig on the superblock of what is mounted there. */
static int reconfigure(struct act *act)
{
	int fs = (int)syscall(SYS_fspick, AT_FDCWD, act->next[1], 0u), err;

	if (fs < 0)
		return -errno;
	err = SYSCALL(SYS_fsconfig, fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0);
	(void)close(fs);
	return err;
}

/* What `tree` cloned goes onto a directory. */
static int attach_tree(struct act *act)
{
	return SYSCALL(SYS_move_mount, act->held, "", AT_FDCWD, act->next[1],
		       MOVE_MOUNT_F_EMPTY_PATH);
}

static int user_namespace(struct act *act)
{
	(void)act;
	return unshare(CLONE_NEWUSER) ? -errno : 0;
}

/* --- the kernel ------------------------------------------------------------------------------- */

static int do_bpf(struct act *act)
{
	union bpf_attr attr = {0};
	int fd;

	(void)act;
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = 4;
	attr.max_entries = 1;
	fd = (int)syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
	if (fd < 0)
		return -errno;
	(void)close(fd);
	return 0;
}

static int perf(struct act *act)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_TASK_CLOCK,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0u);

	(void)act;
	if (fd < 0)
		return -errno;
	(void)close(fd);
	return 0;
}

/* No module: the kernel says so once it has taken it. */
static int module(struct act *act)
{
	static const char bytes[256];

	(void)act;
	return SYSCALL(SYS_init_module, bytes, sizeof(bytes), "");
}

static int module_file(struct act *act)
{
	return SYSCALL(SYS_finit_module, act->held, "", 0);
}

/* No segments: takes away the image that was loaded, of which there is none. */
static int kexec(struct act *act)
{
	(void)act;
	return SYSCALL(SYS_kexec_load, 0ul, 0ul, NULL, 0ul);
}

/* A file system type that nobody has: the kernel wants a module for it. */
static int file_system(struct act *act)
{
	return SYSCALL(SYS_fsopen, act->next[1], 0u);
}

/* --- other processes -------------------------------------------------------------------------- */

static int seize(struct act *act)
{
	pid_t pid = number(act, 1);

	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL))
		return -errno;
	(void)ptrace(PTRACE_INTERRUPT, pid, NULL, NULL);
	(void)waitpid(pid, NULL, __WALL);
	return ptrace(PTRACE_DETACH, pid, NULL, NULL) ? -errno : 0;
}

/* Asks its parent. The kernel lets a process be traced once, and until it ends. */
static int trace_me(struct act *act)
{
	(void)act;
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) ? -errno : 0;
}

static int compare(struct act *act)
{
	return SYSCALL(SYS_kcmp, getpid(), number(act, 1), KCMP_VM, 0ul, 0ul);
}

static int send_signal(struct act *act)
{
	return kill(number(act, 1), (int)strtol(act->next[2], NULL, 10)) ? -errno : 0;
}

static int set_nice(struct act *act)
{
	return setpriority(PRIO_PROCESS, (id_t)number(act, 1), 5) ? -errno : 0;
}

static int set_affinity(struct act *act)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	return sched_setaffinity(number(act, 1), sizeof(set), &set) ? -errno : 0;
}

static int set_io_priority(struct act *act)
{
	return SYSCALL(SYS_ioprio_set, 1, number(act, 1), 2 << 13 | 4);
}

static int set_limit(struct act *act)
{
	struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

	return prlimit(number(act, 1), RLIMIT_CPU, &limit, NULL) ? -errno : 0;
}

static int move_memory(struct act *act)
{
	unsigned long node = 1;

	return SYSCALL(SYS_migrate_pages, number(act, 1), 8ul, &node, &node);
}

static int own_pidfd(struct act *act)
{
	int fd = (int)syscall(SYS_pidfd_open, getpid(), 0u);

	(void)act;
	if (fd < 0)
		return -errno;
	(void)close(fd);
	return 0;
}

/* Its input is to signal that process. 0 is itself. */
static int own(struct act *act)
{
	int ends[2];

	if (pipe(ends))
		return -errno;
	if (fcntl(ends[0], F_SETOWN, number(act, 1) ? number(act, 1) : getpid()))
		return -errno;
	return 0;
}

static int own_by_struct(struct act *act)
{
	struct f_owner_ex owner = {.type = F_OWNER_PID, .pid = number(act, 1)};
	int ends[2];

	if (pipe(ends))
		return -errno;
	return fcntl(ends[0], F_SETOWN_EX, &owner) ? -errno : 0;
}

/* --- directories and capabilities ------------------------------------------------------------- */

static int remove_directory(struct act *act)
{
	return rmdir(act->next[1]) ? -errno : 0;
}

static int rename_path(struct act *act)
{
	return rename(act->next[1], act->next[2]) ? -errno : 0;
}

/* CAP_SYS_ADMIN, for a name that stays. */
static int host_name(struct act *act)
{
	char name[256];

	(void)act;
	if (gethostname(name, sizeof(name)))
		return -errno;
	return sethostname(name, strlen(name)) ? -errno : 0;
}

/* CAP_SYSLOG, asked for in silence: without it every address is 0. */
static int kernel_addresses(struct act *act)
{
	unsigned long long address = 0;
	FILE *file = fopen(act->next[1], "re");

	if (!file)
		return -errno;
	while (!address && fscanf(file, "%llx%*[^\n]", &address) == 1)
		; /* those of each processor's data begin at 0 */
	(void)fclose(file);
	return address ? 0 : -ENODATA;
}

const struct act_operation act_contain_operations[] = {
	{"mount", 1, do_mount},
	{"bindmount", 2, do_bind_mount},
	{"umount", 1, do_umount},
	{"pivot", 1, pivot},
	{"superblock", 1, superblock},
	{"reconfigure", 1, reconfigure},
	{"attachtree", 1, attach_tree},
	{"userns", 0, user_namespace},
	{"bpf", 0, do_bpf},
	{"perf", 0, perf},
	{"module", 0, module},
	{"modulefile", 0, module_file},
	{"kexec", 0, kexec},
	{"filesystem", 1, file_system},
	{"seize", 1, seize},
	{"traceme", 0, trace_me},
	{"compare", 1, compare},
	{"signal", 2, send_signal},
	{"nice", 1, set_nice},
	{"affinity", 1, set_affinity},
	{"iopriority", 1, set_io_priority},
	{"limit", 1, set_limit},
	{"movememory", 1, move_memory},
	{"pidfd", 0, own_pidfd},
	{"own", 1, own},
	{"ownex", 1, own_by_struct},
	{"rmdir", 1, remove_directory},
	{"rename", 2, rename_path},
	{"hostname", 0, host_name},
	{"addresses", 1, kernel_addresses},
	{NULL, 0, NULL},
};
