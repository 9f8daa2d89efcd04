/* SPDX-License-Identifier: Apache-2.0 */
/* Loading and re-adopting, see load.c; called by kernel.c alone. */
#ifndef WRIT_KERNEL_LOAD_H
#define WRIT_KERNEL_LOAD_H

#include "kernel/kernel.h"

/* Fills map_fds (-1 before) and origin. Logs its errors. */
int writ_load_programs(struct writ_kernel *kernel);

#endif
