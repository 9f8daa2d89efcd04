/* SPDX-License-Identifier: Apache-2.0 */
/* An image's entries in the LPM map of addresses, under its id; called by arena.c alone. */
#ifndef WRIT_KERNEL_ADDRESSES_H
#define WRIT_KERNEL_ADDRESSES_H

#include "kernel/kernel.h"
#include "writ/image.h"

/* Enters all, or none: -E2BIG when the map is full. */
int writ_addresses_enter(const struct writ_kernel *kernel, const struct writ_image *image,
			 uint32_t id);

/* Removes all; an entry that is not there is no error. */
void writ_addresses_remove(const struct writ_kernel *kernel, const struct writ_image *image,
			   uint32_t id);

#endif
