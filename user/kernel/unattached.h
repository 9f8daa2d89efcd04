/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel side of `writd --no-attach`: every map at its full size, and no program at all. So
 * nothing is attached and nothing is enforced. Called by kernel.c alone.
 */
#ifndef WRIT_KERNEL_UNATTACHED_H
#define WRIT_KERNEL_UNATTACHED_H

#include "kernel/kernel.h"

/*
 * As writ_load_programs(), below WRIT_PIN_DIR_UNATTACHED. -EBUSY: Writ enforces on this node;
 * -EPROTO: the pins are of another build.
 */
int writ_unattached_load(struct writ_kernel *kernel);

#endif
