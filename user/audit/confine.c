/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What writ-audit may still do, given up by itself before it reads a record: writd has made it the
 * user `writ-audit` already. What it is not given it can't get back, whoever has taken it over.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/bpf.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "audit/process.h"
#include "lib/credentials.h"
#include "lib/landlock.h"
#include "lib/log.h"
#include "lib/seccomp.h"

#define LOCK_TRIES 500 /* of 10 ms: one that is killed has ended long before */

/* Each was seen, or is libc's other way. */
static const uint16_t allowed[] = {
	__NR_access,
	__NR_brk,
	__NR_clock_nanosleep,
	__NR_close,
	__NR_epoll_create1,
	__NR_epoll_ctl,
	__NR_epoll_pwait,
	__NR_epoll_wait,
	__NR_exit,
	__NR_exit_group,
	__NR_fcntl,
	__NR_fdatasync,
	__NR_fstat,
	__NR_fsync,
	__NR_ftruncate,
	__NR_futex,
	__NR_getdents64,
	__NR_getpid,
	__NR_getrandom,
	__NR_geteuid,
	__NR_getuid,
	__NR_gettid,
	__NR_lseek,
	__NR_lstat,
	__NR_madvise,
	__NR_mkdir,
	__NR_mmap,
	__NR_mprotect,
	__NR_mremap,
	__NR_munmap,
	__NR_newfstatat,
	__NR_open,
	__NR_openat,
	__NR_pread64,
	__NR_pwrite64,
	__NR_read,
	__NR_recvfrom,
	__NR_rename,
	__NR_renameat2,
	__NR_restart_syscall,
	__NR_rseq,
	__NR_rt_sigaction,
	__NR_rt_sigprocmask,
	__NR_rt_sigreturn,
	__NR_sched_getaffinity,
	__NR_sched_yield,
	__NR_sendto,
	__NR_set_robust_list,
	__NR_setpriority,
	__NR_stat,
	__NR_statx,
	__NR_sysinfo, /* qsort(3) asks how much memory there is */
	__NR_tgkill,
	__NR_unlink,
	__NR_utimensat,
	__NR_write,
	__NR_writev,
};

/*
 * Threads, no process. bpf(2) to look up elements, BPF_MAP_LOOKUP_ELEM = 1, and nothing else: no
 * other bit.
 */
static const struct writ_seccomp_bits narrowed[] = {
	{__NR_clone, 0, CLONE_THREAD, WRIT_SECCOMP_ALLOW},
	{__NR_bpf, 0, ~(uint32_t)BPF_MAP_LOOKUP_ELEM, WRIT_SECCOMP_KILL},
	{__NR_bpf, 0, BPF_MAP_LOOKUP_ELEM, WRIT_SECCOMP_ALLOW},
};

/* Asked for by libc, which goes on without. */
static const uint16_t harmless[] = {__NR_ioctl, __NR_prlimit64, __NR_readlink};

#define COUNT(list) (sizeof(list) / sizeof(*(list)))
#define ALLOWED {allowed, COUNT(allowed), WRIT_SECCOMP_ALLOW}

const struct writ_seccomp_calls writ_confine_allowed = ALLOWED;

static int restrict_calls(void)
{
	static const struct writ_seccomp_calls calls[] = {
		ALLOWED,
		{harmless, COUNT(harmless), WRIT_SECCOMP_REFUSE},
	};
	static const struct writ_seccomp filter = {
		.calls = calls,
		.n_calls = COUNT(calls),
		.bits = narrowed,
		.n_bits = COUNT(narrowed),
		.otherwise = WRIT_SECCOMP_KILL,
	};

	return writ_seccomp_install(&filter);
}

static int directory_of(const char *log, char ret_directory[PATH_MAX])
{
	char copy[PATH_MAX];

	if ((size_t)snprintf(copy, sizeof(copy), "%s", log) >= sizeof(copy))
		return -ENAMETOOLONG;
	(void)snprintf(ret_directory, PATH_MAX, "%s", dirname(copy));
	return 0;
}

static int allow_directory_of(const struct writ_landlock *landlock, const char *file)
{
	char directory[PATH_MAX];
	int err = directory_of(file, directory);

	return err ? err : writ_landlock_allow(landlock, directory, WRIT_LANDLOCK_WRITE);
}

static int restrict_files(const char *log, const char *spill, const char *policy)
{
	_cleanup_landlock_ struct writ_landlock landlock = WRIT_LANDLOCK_NONE;
	int err = writ_landlock_open(true, &landlock);

	if (!err)
		err = allow_directory_of(&landlock, log);
	if (!err && spill)
		err = allow_directory_of(&landlock, spill);
	if (!err && policy)
		err = writ_landlock_allow_replaced(&landlock, policy, WRIT_LANDLOCK_READ);
	return err ? err : writ_landlock_restrict(&landlock);
}

/* The lock's descriptor stays open: it is the process's. */
int writ_confine_lock(const char *log)
{
	const struct timespec pause = {.tv_nsec = 10000000};
	char directory[PATH_MAX];
	int err = directory_of(log, directory), fd;

	if (err)
		return writ_log_errno(err, "audit log %s", log);
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return writ_log_errno(-errno, "audit log's directory %s", directory);
	for (int i = 0; i < LOCK_TRIES && flock(fd, LOCK_EX | LOCK_NB); i++) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return writ_log_errno(-errno, "lock %s", directory);
		(void)nanosleep(&pause, NULL);
	}
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return 0;
	return writ_log_errno(-EBUSY,
			      "another process holds the lock of %s; only one writ-audit "
			      "may write there",
			      directory);
}

static int drop_privileges(void)
{
	const struct rlimit none = {0};
	int err = writ_credentials_keep(0);

	if (!err)
		err = writ_credentials_no_new();
	if (!err && (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) || setrlimit(RLIMIT_CORE, &none)))
		err = -errno;
	return err;
}

int writ_confine_drop(const char *log, const char *spill, const char *policy)
{
	int landlock, err;

	if (!getuid() || !geteuid() || !getgid() || !getegid())
		return writ_log_errno(-EPERM, "writ-audit must not be root: writd starts it as the "
					      "user writ-audit");
	err = drop_privileges();
	if (err)
		return writ_log_errno(err, "can't give up privileges");
	landlock = restrict_files(log, spill, policy);
	if (landlock && landlock != -EOPNOTSUPP)
		return writ_log_errno(landlock, "Landlock");
	err = restrict_calls();
	if (err)
		return writ_log_errno(err, "seccomp");
	writ_info("confined: uid %u, no capabilities, no_new_privs, seccomp allow list, Landlock "
		  "%s",
		  getuid(), landlock ? "not in this kernel" : "on");
	return 0;
}
