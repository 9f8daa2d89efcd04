/* SPDX-License-Identifier: Apache-2.0 */
/* The system calls that are left to the broker. */
#include "lib/seccomp.h"

#include <sched.h>
#include <sys/syscall.h>

#include "broker/privileges.h"

/* libc, libmicrohttpd, SQLite, libyaml, time zones; each was seen, or is libc's other way. */
static const uint16_t allowed[] = {
	__NR_accept4,
	__NR_access,
	__NR_brk,
	__NR_clock_nanosleep,
	__NR_close,
	__NR_dup,
	__NR_epoll_create1,
	__NR_epoll_ctl,
	__NR_epoll_pwait,
	__NR_epoll_wait,
	__NR_eventfd2,
	__NR_exit,
	__NR_exit_group,
	__NR_faccessat,
	__NR_faccessat2,
	__NR_fallocate,
	__NR_fcntl,
	__NR_fdatasync,
	__NR_fstat,
	__NR_fsync,
	__NR_ftruncate,
	__NR_futex,
	__NR_getdents64,
	__NR_geteuid,
	__NR_getpid,
	__NR_getrandom,
	__NR_getsockname,
	__NR_getsockopt,
	__NR_gettid,
	__NR_getuid,
	__NR_getcwd,
	__NR_ioctl,
	__NR_lseek,
	__NR_lstat,
	__NR_madvise,
	__NR_mmap,
	__NR_mprotect,
	__NR_mremap,
	__NR_munmap,
	__NR_newfstatat,
	__NR_open,
	__NR_openat,
	__NR_pipe2,
	__NR_poll,
	__NR_ppoll,
	__NR_pread64,
	__NR_pwrite64,
	__NR_read,
	__NR_readlink,
	__NR_readlinkat,
	__NR_readv,
	__NR_recvfrom,
	__NR_recvmsg,
	__NR_rename, /* metrics as a file take the place of those before */
	__NR_restart_syscall,
	__NR_rseq,
	__NR_rt_sigaction,
	__NR_rt_sigprocmask,
	__NR_rt_sigreturn,
	__NR_sched_getaffinity, /* pthread_getattr_np(3), of each new thread under a sanitizer */
	__NR_sched_yield,
	__NR_sendmsg,
	__NR_sendto,
	__NR_set_robust_list,
	__NR_setsockopt,
	__NR_shutdown,
	__NR_sigaltstack,
	__NR_signalfd4,
	__NR_stat,
	__NR_statx,
	__NR_sysinfo,
	__NR_tgkill,
	__NR_timerfd_create,
	__NR_timerfd_settime,
	__NR_uname,
	__NR_unlink,
	__NR_unlinkat,
	__NR_write,
	__NR_writev,
};

/* Asked for by libraries that go on without: refused, not killed. */
static const uint16_t harmless[] = {
	__NR_fchmod,
	__NR_fchown,
	__NR_chmod,
	__NR_mkdir,
	__NR_prctl,
	__NR_prlimit64,
	__NR_socket,
	__NR_utimensat,
};

/* The thread that moves the ledger's journal; no process. */
static const struct writ_seccomp_bits threads[] = {
	{__NR_clone, 0, CLONE_THREAD, WRIT_SECCOMP_ALLOW},
};

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

#define ALLOWED {allowed, COUNT(allowed), WRIT_SECCOMP_ALLOW}

const struct writ_seccomp_calls writ_privileges_allowed = ALLOWED;

static const struct writ_seccomp_calls without_validator[] = {
	ALLOWED,
	{harmless, COUNT(harmless), WRIT_SECCOMP_REFUSE},
};

int writ_privileges_calls(bool has_validator)
{
	static const struct writ_seccomp alone = {
		.calls = without_validator,
		.n_calls = COUNT(without_validator),
		.bits = threads,
		.n_bits = COUNT(threads),
		.otherwise = WRIT_SECCOMP_KILL,
	};
	static const struct writ_seccomp validating = {
		.calls = &writ_seccomp_dangerous,
		.n_calls = 1,
		.bits = &writ_seccomp_no_namespaces, /* nor makes what it starts any */
		.n_bits = 1,
		.otherwise = WRIT_SECCOMP_ALLOW,
	};

	return writ_seccomp_install(has_validator ? &validating : &alone);
}
