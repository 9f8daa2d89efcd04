/* SPDX-License-Identifier: Apache-2.0 */
/* The consumer's end of the event ring. What is not consumed waits in the kernel. */
#ifndef WRIT_KERNEL_RING_H
#define WRIT_KERNEL_RING_H

#include "kernel/kernel.h"

struct writ_ring;

/* @record is called for each record, in order; it returns 0. */
int writ_ring_open(const struct writ_kernel *kernel,
		   int (*record)(void *context, void *bytes, size_t len), void *context,
		   struct writ_ring **ret_ring);
void writ_ring_close(struct writ_ring *ring);

/* Readable when the hooks thought it worth waking the reader. */
int writ_ring_fd(const struct writ_ring *ring);

/* Hands over what is there; the number of records, or -errno. */
int writ_ring_drain(struct writ_ring *ring);

/* Bytes that wait to be consumed. */
uint64_t writ_ring_used(const struct writ_ring *ring);

#endif
