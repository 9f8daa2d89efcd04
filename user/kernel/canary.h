/* SPDX-License-Identifier: Apache-2.0 */
/* A live proof that the hooks enforce, made before anything is called applied. */
#ifndef WRIT_KERNEL_CANARY_H
#define WRIT_KERNEL_CANARY_H

#include "kernel/kernel.h"

/*
 * Starts a child that opens, connects and executes: once unmanaged, when the open must succeed,
 * and once as the canary, an agent without rules, when all three must be refused. Returns 0;
 * -EACCES when something was not refused (*@ret_what names it); or why the proof could not be made.
 */
int writ_canary_prove(struct writ_kernel *kernel, const char **ret_what);

#endif
