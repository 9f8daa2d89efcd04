/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System calls that this process and all that it starts may still make. The caller has the tables;
 * here they become a filter. Other architectures and numberings (x32), where the numbers mean other
 * calls, kill the process; clone3() is answered with ENOSYS, for its flags lie behind a pointer,
 * where no filter sees them, and libc takes clone() then. To ask for the time or for the processor
 * is always allowed and in no table: most machines never make the call, and others make it often.
 */
#ifndef WRIT_LIB_SECCOMP_H
#define WRIT_LIB_SECCOMP_H

#include <errno.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WRIT_SECCOMP_ALLOW SECCOMP_RET_ALLOW
#define WRIT_SECCOMP_REFUSE (SECCOMP_RET_ERRNO | EPERM)
#define WRIT_SECCOMP_KILL SECCOMP_RET_KILL_PROCESS

/* Each of these numbers (__NR_*) has this verdict. */
struct writ_seccomp_calls {
	const uint16_t *calls;
	size_t count;
	uint32_t verdict;
};

/* @call has this verdict if the low half of its argument (from 0) has one of these bits. */
struct writ_seccomp_bits {
	uint16_t call;
	uint16_t argument;
	uint32_t bits;
	uint32_t verdict;
};

/* Asked in this order: @calls, @bits, @otherwise. The first that knows a call has the say. */
struct writ_seccomp {
	const struct writ_seccomp_calls *calls;
	size_t n_calls;
	const struct writ_seccomp_bits *bits;
	size_t n_bits;
	uint32_t otherwise;
	bool log; /* what is refused stands in the kernel's audit log */
};

/*
 * For programs and libraries whose calls differ from release to release, so that a list of what is
 * allowed would end them at the first unknown one: refused is what changes what a process is, or
 * reaches into others or the kernel; and new namespaces.
 */
extern const struct writ_seccomp_calls writ_seccomp_dangerous;
extern const struct writ_seccomp_bits writ_seccomp_no_namespaces;

/*
 * From now on, for good. This process must have no_new_privs. -EINVAL: more than the kernel takes
 * in one filter; else -errno: nothing has changed.
 */
int writ_seccomp_install(const struct writ_seccomp *filter);

#endif
