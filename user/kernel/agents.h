/* SPDX-License-Identifier: Apache-2.0 */
/* The agents' entries: who exists, in which mode, by which role. */
#ifndef WRIT_KERNEL_AGENTS_H
#define WRIT_KERNEL_AGENTS_H

#include "kernel/kernel.h"

/* The entry of @name, or a free one that is given the name; its index. -ENOSPC: all are taken. */
int writ_agents_reserve(struct writ_kernel *kernel, const char *name, uint32_t *ret_agent);

/*
 * Publishes role and mode of a reserved entry. The role it had before is returned in @ret_old for
 * the caller to retire once no agent refers to it.
 */
void writ_agents_publish(struct writ_kernel *kernel, uint32_t agent, const char *role_name,
			 uint32_t mode, uint64_t role, uint64_t *ret_old);

/* The canary exists, has no role, and is enforced. */
void writ_agents_publish_canary(struct writ_kernel *kernel);

/* The index of @name among the agents with a role or a past; 0: none. */
uint32_t writ_agents_find(const struct writ_kernel *kernel, const char *name);

#endif
