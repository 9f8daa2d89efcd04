/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system calls that are left. A list is a straight line of comparisons; the filter refuses
 * every other architecture and numbering first, where the numbers mean other calls.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "broker/privileges.h"

/* libc, libmicrohttpd, SQLite, libyaml, time zones; each was seen, or is libc's other way. */
static const uint16_t allowed[] = {
	__NR_accept4,
	__NR_access,
	__NR_brk,
	__NR_clock_gettime,
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
	__NR_gettimeofday,
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
	__NR_restart_syscall,
	__NR_rseq,
	__NR_rt_sigaction,
	__NR_rt_sigprocmask,
	__NR_rt_sigreturn,
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
	__NR_sched_getaffinity,
	__NR_sched_yield,
	__NR_socket,
	__NR_utimensat,
};

/* With a validator: what no validator of tickets needs. */
static const uint16_t dangerous[] = {
	__NR_add_key,
	__NR_bpf,
	__NR_chroot,
	__NR_delete_module,
	__NR_finit_module,
	__NR_fsconfig,
	__NR_fsmount,
	__NR_fsopen,
	__NR_init_module,
	__NR_io_uring_enter,
	__NR_io_uring_register,
	__NR_io_uring_setup,
	__NR_kcmp,
	__NR_kexec_file_load,
	__NR_kexec_load,
	__NR_keyctl,
	__NR_mount,
	__NR_mount_setattr,
	__NR_move_mount,
	__NR_name_to_handle_at,
	__NR_open_by_handle_at,
	__NR_open_tree,
	__NR_perf_event_open,
	__NR_personality,
	__NR_pidfd_getfd,
	__NR_pivot_root,
	__NR_process_vm_readv,
	__NR_process_vm_writev,
	__NR_ptrace,
	__NR_request_key,
	__NR_setns,
	__NR_swapoff,
	__NR_swapon,
	__NR_syslog,
	__NR_umount2,
	__NR_unshare,
	__NR_userfaultfd,
};

#define COUNT(list) (sizeof(list) / sizeof(*(list)))
#define PROGRAM_MAX (16 + 2 * (COUNT(allowed) + COUNT(harmless) + COUNT(dangerous)))

struct program {
	struct sock_filter code[PROGRAM_MAX];
	unsigned short len;
};

static void load(struct program *program, size_t offset)
{
	program->code[program->len++] =
		(struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset);
}

/* @verdict if the loaded word compares so with @number. */
static void when(struct program *program, uint16_t comparison, uint32_t number, bool is,
		 uint32_t verdict)
{
	program->code[program->len++] = (struct sock_filter)BPF_JUMP(
		BPF_JMP | comparison | BPF_K, number, is ? 0 : 1, is ? 1 : 0);
	program->code[program->len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, verdict);
}

static void when_any(struct program *program, const uint16_t *list, size_t count, uint32_t verdict)
{
	for (size_t i = 0; i < count; i++)
		when(program, BPF_JEQ, list[i], true, verdict);
}

static void refuse_namespaces(struct program *program)
{
	const uint32_t flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID |
			       CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;

	/* over the next three when it is another call */
	program->code[program->len++] =
		(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_clone, 0, 3);
	load(program, offsetof(struct seccomp_data, args[0])); /* its low half: little-endian */
	when(program, BPF_JSET, flags, true, SECCOMP_RET_ERRNO | EPERM);
}

/* The thread that moves the ledger's journal; no process. */
static void allow_threads(struct program *program)
{
	/* over the next three when it is another call */
	program->code[program->len++] =
		(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_clone, 0, 3);
	load(program, offsetof(struct seccomp_data, args[0])); /* its low half: little-endian */
	when(program, BPF_JSET, CLONE_THREAD, true, SECCOMP_RET_ALLOW);
}

static void build(struct program *program, bool has_validator)
{
	const uint32_t refused = SECCOMP_RET_ERRNO | EPERM;

	load(program, offsetof(struct seccomp_data, arch));
	when(program, BPF_JEQ, AUDIT_ARCH_X86_64, false, SECCOMP_RET_KILL_PROCESS);
	load(program, offsetof(struct seccomp_data, nr));
	when(program, BPF_JGE, 0x40000000, true, SECCOMP_RET_KILL_PROCESS); /* x32 */
	/* libc takes clone() then, whose flags are no pointer's */
	when(program, BPF_JEQ, __NR_clone3, true, SECCOMP_RET_ERRNO | ENOSYS);
	if (has_validator) {
		when_any(program, dangerous, COUNT(dangerous), refused);
		refuse_namespaces(program);
	} else {
		when_any(program, allowed, COUNT(allowed), SECCOMP_RET_ALLOW);
		when_any(program, harmless, COUNT(harmless), refused);
		allow_threads(program);
	}
	program->code[program->len++] = (struct sock_filter)BPF_STMT(
		BPF_RET | BPF_K, has_validator ? SECCOMP_RET_ALLOW : SECCOMP_RET_KILL_PROCESS);
}

int writ_seccomp_restrict(bool has_validator)
{
	struct program program = {.len = 0};
	struct sock_fprog filter = {.filter = program.code};

	build(&program, has_validator);
	filter.len = program.len;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) ? -errno : 0;
}
