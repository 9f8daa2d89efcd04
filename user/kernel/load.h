/* SPDX-License-Identifier: Apache-2.0 */
/* Loading and re-adopting, see load.c; called by kernel.c and unattached.c alone. */
#ifndef WRIT_KERNEL_LOAD_H
#define WRIT_KERNEL_LOAD_H

#include "kernel/kernel.h"

/* Fills map_fds of what is pinned. -ENOENT: nothing is; -EPROTO: another layout. */
int writ_load_pinned(struct writ_kernel *kernel);

/* Fills map_fds (-1 before) and origin. Logs its errors. */
int writ_load_programs(struct writ_kernel *kernel);

/* --- its steps --- */

/* Opens the pinned maps. -ENOENT: there are none. */
int writ_load_adopt(struct writ_kernel *kernel);

/* Pins the maps of a loaded object that @kernel does not have yet, and opens the pins. */
struct bpf_object;
int writ_load_pin(struct writ_kernel *kernel, const struct bpf_object *object);

/* Which build of the programs this is. */
uint64_t writ_load_hash(void);

/*
 * What is said of the programs that are pinned. -EPROTO: their maps and images have another layout,
 * so neither can the new programs use them nor the old ones what this writd would publish.
 */
int writ_load_pinned_hash(const struct writ_kernel *kernel, uint64_t *ret_hash);

/* Notes in the map `node` what was loaded, and when. */
int writ_load_record(const struct writ_kernel *kernel);

#endif
