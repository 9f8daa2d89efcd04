/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sweep after the end of a grant (bpf/cut.bpf.c): what its end cut is destroyed where that can
 * be, and counted. It looks at every descriptor of the host and enters network namespaces, so a
 * child of the caller does it, and the caller's loop goes on. No right hangs on it: the hooks
 * refuse what has ended, whether it is swept or not.
 */
#ifndef WRIT_KERNEL_CUT_H
#define WRIT_KERNEL_CUT_H

#include <sys/types.h>

#include "kernel/kernel.h"

/* What the end of one grant cut. */
struct writ_cut_count {
	uint64_t grant;
	uint32_t files;	   /* that the grant opened, and that one who has them open is refused */
	uint32_t sockets;  /* likewise, and to all who have them open */
	uint32_t closed;   /* of the sockets, and of those that nobody has: destroyed */
	uint32_t mappings; /* of such files, into memory: they stay */
};

/* The child writes counts, and at the very end one with this in the place of its grant. */
#define WRIT_CUT_END UINT64_MAX	       /* that is all */
#define WRIT_CUT_PART (UINT64_MAX - 1) /* there was more than could be looked at, or killed */

/* Of descriptors and mappings that may matter; more are not looked at. 48 MiB of them. */
#define WRIT_CUT_RECORDS_MAX (1u << 20)
#define WRIT_CUT_NETWORKS_MAX 1024u

/* Is there something to sweep: may anybody have something open that a grant opened? */
bool writ_cut_is_due(const struct writ_kernel *kernel);

/*
 * Begins a sweep that counts for the @n ended grants @grants, in ascending order, which are copied;
 * sockets of others are destroyed as well, and then counted. One at a time. *@ret_fd: where the
 * counts are read from, by the caller, who owns it; its end means that the child *@ret_pid, which
 * the caller reaps, is through. -errno, not logged: nothing was begun.
 */
int writ_cut_start(struct writ_kernel *kernel, const uint64_t *grants, size_t n, int *ret_fd,
		   pid_t *ret_pid);

#endif
