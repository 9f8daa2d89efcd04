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

/* What the audit process says of itself is shown, and nothing else is done with it. */
static void fill_audit(const struct writ_daemon *daemon, struct writ_status_row *row)
{
	const struct writ_audit_page *page = daemon->audit.page;

	if (page) {
		row->events_written = page->written;
		row->events_missing = (uint64_t)page->missing + page->dropped;
		row->audit_error = page->error;
		row->audit_spilled = page->spilled;
		row->audit_segment = page->segment;
		row->audit_checkpoint = page->checkpoint;
		row->audit_rounds = page->rounds;
		row->remedies_left_out = page->remedies_left_out;
		for (int reason = 0; reason < WRIT_GAP_COUNT; reason++)
			row->events_lost[reason] = page->figures.lost[reason];
	}
	row->events_missing += daemon->notes.lost;
	row->notes_lost = daemon->notes.lost;
	row->notes_waiting = daemon->notes.n_waiting;
	row->audit = (uint32_t)daemon->audit.child.pid;
	row->forward = (uint32_t)daemon->forward.child.pid;
	row->forward_deaths = daemon->forward.child.supervision.deaths;
	row->landlock_forward = row->forward ? daemon->forward.child.landlock : 0;
	row->landlock_audit = row->audit ? daemon->audit.child.landlock : 0;
	row->audit_deaths = daemon->audit.child.supervision.deaths;
}

void writ_status_fill(const struct writ_daemon *daemon, struct writ_status_row *row)
{
	const struct writ_kernel *kernel = daemon->kernel;
	row->started_ns = daemon->started_ns;
	row->loaded_ns = kernel->node->loaded_ns;
	row->generation = kernel->node->generation;
	fill_audit(daemon, row);
	row->pid = (uint32_t)getpid();
	row->adopted = kernel->origin == WRIT_KERNEL_ADOPTED;
	fill_programs(kernel, row);
	row->unattached = daemon->options.no_attach;
	row->frozen = daemon->switches.frozen || writ_child_held(daemon);
	row->stopped = daemon->halt.on;
	row->stopped_error = daemon->halt.error;
	for (const struct writ_proposal *at = daemon->proposals.first; at; at = at->next)
		row->proposals += at->row.state == WRIT_PROPOSAL_PENDING;
	row->broker = (uint32_t)daemon->broker.child.pid;
	row->cutter = (uint32_t)daemon->cuts.cutter.pid;
	row->landlock = (uint32_t)daemon->sandbox.landlock;
	row->landlock_broker = row->broker ? daemon->broker.child.landlock : 0;
	row->broker_deaths = daemon->broker.child.supervision.deaths;
	row->row = daemon->rows.highest;
	row->ring_bytes = kernel->ring_size;
	row->ring_used = writ_positions_used(&daemon->audit.positions);
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
