/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writ's own objects in the kernel, as the hooks of bpf/protect*.bpf.c know them: this process
 * becomes an owner, enters what there is, and looks that the pins stay.
 */
#ifndef WRIT_KERNEL_GUARD_H
#define WRIT_KERNEL_GUARD_H

#include <sys/types.h>

#include "kernel/kernel.h"

/*
 * Makes this process an owner by opening a pinned map for writing only; recorded in the ring. 0
 * also when nothing guards yet. -ENOENT: nothing is pinned. -EPERM: refused, logged.
 */
int writ_guard_claim(void);

/*
 * Claims, enters all maps, programs, links, directories and mounts of Writ, and takes out those
 * that are no more. Keeps a descriptor of each link and program in @kernel. Errors are logged.
 */
int writ_guard_arm(struct writ_kernel *kernel);

/*
 * This process, which the owner @parent has forked, becomes an owner as well; no record, it does
 * nothing but its parent's work. -errno: it does not, and holds maps that others could get at.
 */
int writ_guard_lend(const struct writ_kernel *kernel, pid_t parent);

/*
 * What this process, an owner, has forked, by @pidfd, is kept from all others as soon as it has
 * executed its program; it owns nothing. Before its exec or after, but for one exec only. 0 also
 * when this process is no owner: nothing guards then. -errno.
 */
int writ_guard_child(const struct writ_kernel *kernel, int pidfd);

/* A link that was made after the arming is Writ's own, too. */
int writ_guard_link(struct writ_kernel *kernel, int fd);

/*
 * Pins again what is not pinned any more, from the descriptors. Calls @told for each such pin, with
 * 0 or why it could not be pinned. Returns how many there were.
 */
unsigned int writ_guard_mend(const struct writ_kernel *kernel,
			     void (*told)(void *context, const char *pin, int err), void *context);

#endif
