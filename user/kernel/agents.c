/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See agents.h. An index once given to a name stays the name's until the programs are unloaded:
 * labels and cgroups refer to it. An agent that policy no longer has keeps its entry without a
 * role, and so is denied everything.
 */
#include "kernel/agents.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

uint32_t writ_agents_find(const struct writ_kernel *kernel, const char *name)
{
	for (uint32_t i = WRIT_AGENT_CANARY + 1; i < WRIT_AGENTS_MAX; i++) {
		if (!kernel->agents[i].name[0])
			return 0; /* entries are given in order and never taken back */
		if (!strcmp(kernel->agents[i].name, name))
			return i;
	}
	return 0;
}

int writ_agents_reserve(struct writ_kernel *kernel, const char *name, uint32_t *ret_agent)
{
	uint32_t agent = writ_agents_find(kernel, name);

	for (uint32_t i = WRIT_AGENT_CANARY + 1; !agent && i < WRIT_AGENTS_MAX; i++)
		if (!kernel->agents[i].name[0])
			agent = i;
	if (!agent)
		return -ENOSPC;
	if (!kernel->agents[agent].name[0])
		(void)snprintf(kernel->agents[agent].name, WRIT_NAME_SIZE, "%s", name);
	*ret_agent = agent;
	return 0;
}

void writ_agents_publish(struct writ_kernel *kernel, uint32_t agent, const char *role_name,
			 uint32_t mode, uint64_t role, uint64_t *ret_old)
{
	struct writ_agent *entry = &kernel->agents[agent];

	(void)snprintf(entry->role_name, WRIT_NAME_SIZE, "%s", role_name);
	__atomic_store_n(&entry->mode, mode, __ATOMIC_RELEASE);
	*ret_old = __atomic_exchange_n(&entry->role, role, __ATOMIC_ACQ_REL);
	if (entry->state == WRIT_AGENT_FREE)
		__atomic_store_n(&entry->state, WRIT_AGENT_ACTIVE, __ATOMIC_RELEASE);
}

void writ_agents_publish_canary(struct writ_kernel *kernel)
{
	struct writ_agent *entry = &kernel->agents[WRIT_AGENT_CANARY];

	(void)snprintf(entry->name, WRIT_NAME_SIZE, "(canary)");
	__atomic_store_n(&entry->state, WRIT_AGENT_ACTIVE, __ATOMIC_RELEASE);
}
