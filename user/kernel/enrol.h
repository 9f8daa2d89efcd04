/* SPDX-License-Identifier: Apache-2.0 */
/* Cgroups that were there before the hooks, and what is enrolled. */
#ifndef WRIT_KERNEL_ENROL_H
#define WRIT_KERNEL_ENROL_H

#include "kernel/kernel.h"

/* The cgroup v2 mount, from /proc/self/mountinfo. -ENOENT: there is none. */
int writ_enrol_find_root(char *ret_path, size_t size);

/* Which agent a cgroup path (below the root, "/agents/x") belongs to; 0: none. */
typedef uint32_t (*writ_enrol_matcher)(void *context, const char *path);

/*
 * Binds every existing cgroup below @root that @match gives to an agent, or whose parent is bound,
 * and then labels every task in them. A task that forks or moves meanwhile is seen by its live
 * cgroup. *@ret_bound: cgroups bound now.
 */
int writ_enrol_existing(const struct writ_kernel *kernel, const char *root,
			writ_enrol_matcher match, void *context, uint32_t *ret_bound);

/* The agent of cgroup @id; 0: not enrolled. */
uint32_t writ_enrol_agent(const struct writ_kernel *kernel, uint64_t id);

/* Calls @visitor for each enrolled cgroup. */
void writ_enrol_each(const struct writ_kernel *kernel,
		     void (*visitor)(void *context, uint64_t id, uint32_t agent), void *context);

/* Labels a process by pidfd; what it has opened and mapped before stays. */
int writ_enrol_label(const struct writ_kernel *kernel, int pidfd, uint32_t agent);

#endif
