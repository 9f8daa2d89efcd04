/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See agents.h. An index once given to a name stays the name's until the programs are unloaded:
 * labels and cgroups refer to it. An agent that policy no longer has keeps its entry without a
 * role, and so is denied everything. Indices are given in order, so an entry without a name ends
 * them.
 */
#include "kernel/agents.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Open addressing; twice the indices that there are, so a search ends at an empty slot. */
#define SLOTS (2 * WRIT_AGENTS_MAX)

struct writ_agent_names {
	uint32_t end;	       /* the first index that no name has */
	uint16_t slots[SLOTS]; /* index; 0: empty */
};

_Static_assert((SLOTS & (SLOTS - 1)) == 0, "used as a mask");
_Static_assert(WRIT_AGENTS_MAX - 1 <= UINT16_MAX, "an index fits a slot");

static size_t hash(const char *name)
{
	uint32_t value = 0x811c9dc5u; /* FNV-1a */

	for (; *name; name++)
		value = (value ^ (uint8_t)*name) * 0x01000193u;
	return (value ^ value >> 15) & (SLOTS - 1);
}

/* The slot of @name, or the empty one where it belongs. */
static size_t find_slot(const struct writ_agent_names *names, const struct writ_agent *agents,
			const char *name)
{
	size_t slot = hash(name);

	while (names->slots[slot] && strcmp(agents[names->slots[slot]].name, name))
		slot = (slot + 1) & (SLOTS - 1);
	return slot;
}

static void read_names(struct writ_agent_names *names, const struct writ_agent *agents)
{
	memset(names->slots, 0, sizeof(names->slots));
	names->end = WRIT_AGENT_CANARY + 1;
	for (; names->end < WRIT_AGENTS_MAX && agents[names->end].name[0]; names->end++)
		names->slots[find_slot(names, agents, agents[names->end].name)] =
			(uint16_t)names->end;
}

int writ_agents_open(struct writ_kernel *kernel, struct writ_agent_names **ret_names)
{
	struct writ_agent_names *names = malloc(sizeof(*names));

	if (!names)
		return -ENOMEM;
	read_names(names, kernel->agents);
	*ret_names = names;
	return 0;
}

void writ_agents_close(struct writ_agent_names *names)
{
	free(names);
}

uint32_t writ_agents_find(const struct writ_kernel *kernel, const char *name)
{
	return kernel->names->slots[find_slot(kernel->names, kernel->agents, name)];
}

int writ_agents_reserve(struct writ_kernel *kernel, const char *name, uint32_t *ret_agent)
{
	struct writ_agent_names *names = kernel->names;
	size_t slot;

	if (!name[0] || strlen(name) >= WRIT_NAME_SIZE)
		return -EINVAL;
	slot = find_slot(names, kernel->agents, name);
	if (!names->slots[slot]) {
		if (names->end == WRIT_AGENTS_MAX)
			return -ENOSPC;
		(void)snprintf(kernel->agents[names->end].name, WRIT_NAME_SIZE, "%s", name);
		names->slots[slot] = (uint16_t)names->end++;
	}
	*ret_agent = names->slots[slot];
	return 0;
}

uint32_t writ_agents_end(const struct writ_kernel *kernel)
{
	return kernel->names->end;
}

void writ_agents_release(struct writ_kernel *kernel, uint32_t end)
{
	struct writ_agent *agents = kernel->agents;

	/* the last one first: whatever ends this, what stays has no gap */
	for (uint32_t i = kernel->names->end; i-- > end && agents[i].state == WRIT_AGENT_FREE;)
		memset(agents[i].name, 0, WRIT_NAME_SIZE);
	read_names(kernel->names, agents);
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
