/* SPDX-License-Identifier: Apache-2.0 */
/* See seccomp.h: what is refused to programs and libraries whose calls nobody has listed. */
#include "lib/seccomp.h"

#include <sched.h>
#include <sys/syscall.h>

static const uint16_t dangerous[] = {
	__NR_acct,
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
	__NR_reboot,
	__NR_request_key,
	__NR_setns,
	__NR_swapoff,
	__NR_swapon,
	__NR_syslog,
	__NR_umount2,
	__NR_unshare,
	__NR_userfaultfd,
};

const struct writ_seccomp_calls writ_seccomp_dangerous = {
	dangerous, sizeof(dangerous) / sizeof(dangerous[0]), WRIT_SECCOMP_REFUSE};

const struct writ_seccomp_bits writ_seccomp_no_namespaces = {
	__NR_clone, 0,
	CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS |
		CLONE_NEWCGROUP,
	WRIT_SECCOMP_REFUSE};
