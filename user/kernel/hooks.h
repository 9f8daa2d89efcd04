/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of the programs' hooks this kernel has, told by its BTF; no program is loaded for it. A
 * program that is marked optional (kernel.h) is left out where its hook is missing.
 */
#ifndef WRIT_KERNEL_HOOKS_H
#define WRIT_KERNEL_HOOKS_H

#include "kernel/kernel.h"

struct btf;

struct writ_hooks {
	bool present[WRIT_PROGRAM_COUNT];
};

/* Reads the running kernel's BTF. -errno: it has none, or it can't be read. */
int writ_hooks_find(struct writ_hooks *ret_hooks);

/* The same, of any BTF: has it what each program attaches to? "guard_NAME" attaches to NAME. */
void writ_hooks_read(const struct btf *btf, struct writ_hooks *ret_hooks);

/*
 * What a kernel without its hook does not mediate; "": nothing, another program does it there.
 * NULL: the program is not optional.
 */
const char *writ_hooks_lost(enum writ_program program);

#endif
