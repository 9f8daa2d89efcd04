/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The programs of bpf/reach.bpf.c, attached while the end of a grant may have something to reach:
 * from before a grant is published until nobody is left who may have opened anything by one. Their
 * links are pinned like others, so an end reaches what is open whatever has become of writd.
 *
 * Who may have: the tasks of a grant's run, or all of its agent, for as long as there is such a
 * task, or such a cgroup, which stands as long as a task is in it. Their descriptors can't leave
 * them: who receives one is judged as if he had opened it (bpf/mapping.bpf.c).
 */
#ifndef WRIT_KERNEL_REACH_H
#define WRIT_KERNEL_REACH_H

#include "kernel/kernel.h"

/* Finds out whether they are attached; then everybody may hold something. */
int writ_reach_open(struct writ_kernel *kernel);
void writ_reach_close(struct writ_reach_holders *holders);

/*
 * Before a grant is published: attaches them if they are not. -errno, logged: issue nothing. A
 * kernel that was not opened (maps without programs, in tests) has nothing to attach.
 */
int writ_reach_expect(struct writ_kernel *kernel, const struct writ_grant_info *info);

/* Detaches them if nobody is left. Costs a look at every task of the host: call it now and then. */
void writ_reach_tend(struct writ_kernel *kernel);

/* A grant of @agent was ended by hand, or its agent suspended: what is open is judged again. */
void writ_reach_ended(struct writ_kernel *kernel, uint32_t agent);

#endif
