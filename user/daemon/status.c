/* SPDX-License-Identifier: Apache-2.0 */
/* What `writ status` shows, as numbers and names: read from the kernel at each question. */
#include <stdio.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "kernel/arena.h"
#include "kernel/enrol.h"

static void count_any(void *context, uint64_t id, uint32_t agent)
{
	(void)id;
	(void)agent;
	++*(uint32_t *)context;
}

static void fill_programs(const struct writ_kernel *kernel, struct writ_status_row *row)
{
	size_t len = 0;

	row->programs = WRIT_PROGRAM_COUNT;
	for (int i = 0; i < WRIT_PROGRAM_COUNT; i++) {
		const char *name = writ_kernel_program_name(i);

		if (writ_kernel_is_attached(i)) {
			row->links++;
			continue;
		}
		row->lacking += kernel->lacks[i];
		if (len < sizeof(row->not_attached))
			len += (size_t)snprintf(row->not_attached + len,
						sizeof(row->not_attached) - len, "%s%s",
						len ? " " : "", name);
	}
}

void writ_status_fill(const struct writ_daemon *daemon, struct writ_status_row *row)
{
	const struct writ_kernel *kernel = daemon->kernel;
	struct writ_stream_totals totals;

	writ_stream_totals(daemon->stream, &totals);
	row->started_ns = daemon->started_ns;
	row->loaded_ns = kernel->node->loaded_ns;
	row->generation = kernel->node->generation;
	row->events_written = totals.written;
	row->events_missing = (uint64_t)totals.missing + totals.dropped;
	row->pid = (uint32_t)getpid();
	row->adopted = kernel->origin == WRIT_KERNEL_ADOPTED;
	fill_programs(kernel, row);
	row->frozen = daemon->switches.frozen || daemon->broker.supervision.held;
	for (const struct writ_proposal *at = daemon->proposals.first; at; at = at->next)
		row->proposals += at->row.state == WRIT_PROPOSAL_PENDING;
	row->broker = (uint32_t)daemon->broker.pid;
	row->broker_deaths = daemon->broker.supervision.deaths;
	row->ring_bytes = kernel->ring_size;
	row->ring_used = writ_ring_used(daemon->ring);
	row->arena_bytes = WRIT_TABLES_SIZE;
	row->arena_used = writ_arena_used(kernel->arena);
	(void)snprintf(row->environment, sizeof(row->environment), "%s", kernel->node->environment);
	(void)snprintf(row->version, sizeof(row->version), "%s", WRIT_VERSION);
	(void)snprintf(row->policy, sizeof(row->policy), "%s", daemon->options.policy);
	(void)snprintf(row->audit_log, sizeof(row->audit_log), "%s", daemon->options.audit_log);
	(void)snprintf(row->lsm, sizeof(row->lsm), "%s", daemon->lsm);
	writ_enrol_each(kernel, count_any, &row->cgroups);
	(void)writ_kernel_counters(kernel, &row->counters, NULL, NULL);
	if (!daemon->policy)
		return;
	row->agents = (uint32_t)daemon->policy->n_agents;
	row->roles = (uint32_t)daemon->policy->n_roles;
	row->playbooks = (uint32_t)daemon->policy->n_playbooks;
}
