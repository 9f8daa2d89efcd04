/* SPDX-License-Identifier: Apache-2.0 */
/* See sandbox.h: which system calls. */
#include <sched.h>
#include <sys/syscall.h>

#include "audit/process.h"
#include "broker/privileges.h"
#include "daemon/sandbox.h"
#include "lib/seccomp.h"

/* The core's own, also where there is a command; of these no command has the capability. */
static const uint16_t kernels[] = {
	__NR_bpf,
	__NR_open_by_handle_at,
};

/* What it does beside that which its broker does as well. */
static const uint16_t cores[] = {
	__NR_accept,
	__NR_bind,
	__NR_chmod,
	__NR_chown,
	__NR_connect,
	__NR_fchmod,
	__NR_fchmodat,
	__NR_fchown,
	__NR_fchownat,
	__NR_fstatfs,
	__NR_getegid,
	__NR_getgid,
	__NR_getgroups,
	__NR_getpeername,
	__NR_inotify_add_watch,
	__NR_inotify_init1,
	__NR_inotify_rm_watch,
	__NR_kill,
	__NR_listen,
	__NR_memfd_create,
	__NR_mkdir,
	__NR_mkdirat,
	__NR_msync,
	__NR_nanosleep,
	__NR_pidfd_open,
	__NR_pidfd_send_signal,
	__NR_pwritev,
	__NR_preadv,
	__NR_recvmmsg,
	__NR_rename,
	__NR_renameat,
	__NR_renameat2,
	__NR_rmdir,
	__NR_sched_getaffinity,
	__NR_sched_yield,
	__NR_sendmmsg,
	__NR_socket,
	__NR_socketpair,
	__NR_statfs,
	__NR_umask,
	__NR_utimensat,
	__NR_wait4,
	__NR_waitid,
};

/* From its fork to the first client: how a child comes to be another user, starts, and gives up. */
static const uint16_t childrens[] = {
	__NR_arch_prctl,
	__NR_capget,
	__NR_capset,
	__NR_close_range,
	__NR_dup2,
	__NR_dup3,
	__NR_execve,
	__NR_flock,
	__NR_getppid,
	__NR_getrlimit,
	__NR_landlock_add_rule,
	__NR_landlock_create_ruleset,
	__NR_landlock_restrict_self,
	__NR_prctl,
	__NR_prlimit64,
	__NR_seccomp,
	__NR_set_tid_address,
	__NR_setgroups,
	__NR_setpriority,
	__NR_setresgid,
	__NR_setresuid,
	__NR_setrlimit,
};

#define NAMESPACES                                                                                 \
	(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | \
	 CLONE_NEWCGROUP)

/* The low byte is the signal that tells of a child's end: each process that is born has one. */
static const struct writ_seccomp_bits births[] = {
	{__NR_clone, 0, NAMESPACES, WRIT_SECCOMP_REFUSE},
	{__NR_clone, 0, CLONE_THREAD | CSIGNAL, WRIT_SECCOMP_ALLOW},
};

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

int writ_sandbox_calls(bool has_commands)
{
	const struct writ_seccomp_calls alone[] = {
		{kernels, COUNT(kernels), WRIT_SECCOMP_ALLOW},
		{cores, COUNT(cores), WRIT_SECCOMP_ALLOW},
		{childrens, COUNT(childrens), WRIT_SECCOMP_ALLOW},
		writ_privileges_allowed,
		writ_confine_allowed,
	};
	const struct writ_seccomp_calls commanding[] = {
		{kernels, COUNT(kernels), WRIT_SECCOMP_ALLOW},
		writ_seccomp_dangerous,
	};
	const struct writ_seccomp filter = {
		.calls = has_commands ? commanding : alone,
		.n_calls = has_commands ? COUNT(commanding) : COUNT(alone),
		.bits = births,
		.n_bits = COUNT(births),
		.otherwise = has_commands ? WRIT_SECCOMP_ALLOW : WRIT_SECCOMP_REFUSE,
		.log = true,
	};

	return writ_seccomp_install(&filter);
}
