/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agents' entries: who exists, in which mode, by which role. The map holds them by index; which
 * index a name has is kept beside it, in a table that is built again from the map whenever the
 * kernel handle is opened.
 */
#ifndef WRIT_KERNEL_AGENTS_H
#define WRIT_KERNEL_AGENTS_H

#include "kernel/kernel.h"

/* Finds the names of the map that kernel->agents shows. 0 or -ENOMEM. */
int writ_agents_open(struct writ_kernel *kernel, struct writ_agent_names **ret_names);
void writ_agents_close(struct writ_agent_names *names);

/* The index of @name; 0: no agent has had it. */
uint32_t writ_agents_find(const struct writ_kernel *kernel, const char *name);

/*
 * The index of @name: the one that it has had, or the next free one, which it is given. -ENOSPC:
 * all are taken; -EINVAL: the name is empty, or too long to be found again.
 */
int writ_agents_reserve(struct writ_kernel *kernel, const char *name, uint32_t *ret_agent);

/* How many indices are given: the agents' are from WRIT_AGENT_CANARY + 1 to below it. */
uint32_t writ_agents_end(const struct writ_kernel *kernel);

/* Takes back the indices from @end on, down to the last one that was ever published. */
void writ_agents_release(struct writ_kernel *kernel, uint32_t end);

/*
 * Publishes role and mode of a reserved entry. The role it had before is returned in @ret_old for
 * the caller to retire once no agent refers to it.
 */
void writ_agents_publish(struct writ_kernel *kernel, uint32_t agent, const char *role_name,
			 uint32_t mode, uint64_t role, uint64_t *ret_old);

/* The canary exists, has no role, and is enforced. */
void writ_agents_publish_canary(struct writ_kernel *kernel);

#endif
