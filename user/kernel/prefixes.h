/* SPDX-License-Identifier: Apache-2.0 */
/* An image's entries in the two LPM maps, under its id; called by arena.c alone. */
#ifndef WRIT_KERNEL_PREFIXES_H
#define WRIT_KERNEL_PREFIXES_H

#include "kernel/kernel.h"
#include "writ/image.h"

/* Enters all, or none: -E2BIG when a map is full. */
int writ_prefixes_enter(const struct writ_kernel *kernel, const struct writ_image *image,
			uint32_t id);

/* Removes all; an entry that is not there is no error. */
void writ_prefixes_remove(const struct writ_kernel *kernel, const struct writ_image *image,
			  uint32_t id);

#endif
