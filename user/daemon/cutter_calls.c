/* SPDX-License-Identifier: Apache-2.0 */
/* See cutter.h: what is left to the cutter and its sweeps. No exec is among it. */
#include <linux/capability.h>
#include <sched.h>
#include <sys/syscall.h>

#include "daemon/cutter.h"
#include "lib/credentials.h"
#include "lib/seccomp.h"

static const int kept[] = {
	CAP_BPF,	     /* iterators, and what maps say of a descriptor */
	CAP_SYS_ADMIN,	     /* setns(), and files behind mappings */
	CAP_SYS_PTRACE,	     /* descriptors of others: /proc/PID/fd, pidfd_getfd() */
	CAP_NET_ADMIN,	     /* the namespace of a socket (SIOCGSKNS) */
	CAP_DAC_READ_SEARCH, /* /proc/PID of other users */
};

static const uint16_t calls[] = {
	__NR_bpf,
	__NR_brk,
	__NR_clone,
	__NR_close,
	__NR_close_range,
	__NR_connect,
	__NR_exit,
	__NR_exit_group,
	__NR_fcntl,
	__NR_fstat,
	__NR_futex,
	__NR_getpeername,
	__NR_getpid,
	__NR_getppid,
	__NR_getrandom,
	__NR_getsockopt,
	__NR_gettid,
	__NR_ioctl,
	__NR_kill,
	__NR_madvise,
	__NR_mmap,
	__NR_mprotect,
	__NR_mremap,
	__NR_munmap,
	__NR_newfstatat,
	__NR_open,
	__NR_openat,
	__NR_pidfd_getfd,
	__NR_pidfd_open,
	__NR_pipe2,
	__NR_poll,
	__NR_prctl,
	__NR_read,
	__NR_recvfrom,
	__NR_restart_syscall,
	__NR_rseq,
	__NR_rt_sigaction,
	__NR_rt_sigprocmask,
	__NR_rt_sigreturn,
	__NR_sendto,
	__NR_set_robust_list,
	__NR_setns,
	__NR_setpriority,
	__NR_shutdown,
	__NR_sysinfo,
	__NR_tgkill,
	__NR_wait4,
	__NR_write,
	__NR_writev,
};

uint64_t writ_cutter_capabilities(void)
{
	uint64_t set = 0;

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		set |= WRIT_CAPABILITY(kept[i]);
	return set;
}

int writ_cutter_calls(void)
{
	const struct writ_seccomp_calls list = {calls, sizeof(calls) / sizeof(calls[0]),
						WRIT_SECCOMP_ALLOW};
	const struct writ_seccomp filter = {
		.calls = &list,
		.n_calls = 1,
		.otherwise = WRIT_SECCOMP_REFUSE,
		.log = true,
	};

	return writ_seccomp_install(&filter);
}
