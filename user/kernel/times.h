/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often each program has run, and how long in all, as the kernel counts it: only while
 * kernel.bpf_stats_enabled is 1, which costs some 20 ns a run. It counts nothing otherwise.
 */
#ifndef WRIT_KERNEL_TIMES_H
#define WRIT_KERNEL_TIMES_H

#include "kernel/kernel.h"

typedef int writ_times_visitor(void *context, const char *name, uint64_t runs, uint64_t run_ns);

/*
 * Each program that was timed, since it was loaded. Stops at what @visitor returns, if that is not
 * 0, and returns it. A program that can't be asked is left out.
 */
int writ_times_each(const struct writ_kernel *kernel, writ_times_visitor *visitor, void *context);

#endif
