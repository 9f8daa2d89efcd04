/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors of maps for a process that may look and not change. */
#ifndef WRIT_KERNEL_READERS_H
#define WRIT_KERNEL_READERS_H

#include "kernel/kernel.h"

/* A descriptor that can only look up; the caller's. By the map's id: its pin may be lost. */
int writ_readers_open(const struct writ_kernel *kernel, enum writ_pinned_map map, int *ret_fd);

/* How many CPUs this kernel may have: so many values has an element of a map of CPUs. */
int writ_readers_cpus(uint32_t *ret_cpus);

#endif
