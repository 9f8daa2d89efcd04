/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See halt.h. Agents are stopped as suspended ones are, by their state in the kernel (gate.c); the
 * operators' switches are not touched, so that each of them holds when this is over.
 */
#include "daemon/halt.h"

#include <stdio.h>
#include <string.h>

#include "compile/node.h"
#include "daemon/daemon.h"
#include "kernel/agents.h"
#include "lib/log.h"
#include "lib/time.h"

/* Has it been like this for @span? */
static bool lasts(uint64_t since, uint64_t now, uint64_t span)
{
	return now >= since && now - since >= span;
}

bool writ_halt_look(struct writ_halt *halt, int32_t error, uint64_t rounds, uint64_t now)
{
	bool was = halt->on;

	if (!halt->moved || rounds != halt->rounds)
		halt->moved = now;
	halt->rounds = rounds;
	if (error || lasts(halt->moved, now, WRIT_HALT_SILENT_NS)) {
		halt->trouble = now;
		halt->error = error;
		halt->on = true;
	} else if (halt->on && !halt->trouble) {
		halt->trouble = now; /* adopted: the span begins here */
	} else if (lasts(halt->trouble, now, WRIT_HALT_SOUND_NS) && halt->moved > halt->trouble) {
		halt->on = false;
	}
	return halt->on != was;
}

static void publish(const struct writ_daemon *daemon)
{
	uint32_t end = writ_agents_end(daemon->kernel);

	for (uint32_t i = WRIT_AGENT_CANARY + 1; i < end; i++)
		writ_gate_publish_agent(daemon, i);
}

static void tell(struct writ_daemon *daemon)
{
	const struct writ_halt *halt = &daemon->halt;
	char detail[WRIT_DETAIL_SIZE];

	if (!halt->on) {
		writ_info("the audit log takes lines again: agents go on");
		writ_notes_daemon(daemon, WRIT_DAEMON_EVENT_AGENTS_GO_ON, NULL);
		return;
	}
	(void)snprintf(detail, sizeof(detail), "%s",
		       halt->error ? strerror(-halt->error) : "nobody writes the log");
	writ_error("the audit log %s takes no lines (%s), and policy says on_error: stop_agents: "
		   "no agent can do anything until it takes them again",
		   daemon->options.audit_log, detail);
	writ_notes_daemon(daemon, WRIT_DAEMON_EVENT_AGENTS_STOPPED, detail);
}

/* With a policy that was refused, what an earlier one wanted is not known: as it was. */
static bool is_wanted(const struct writ_daemon *daemon)
{
	if (!daemon->policy)
		return daemon->halt.on;
	return writ_node_of(daemon->policy)->audit.on_error == WRIT_ON_ERROR_STOP;
}

void writ_halt_adopt(struct writ_daemon *daemon)
{
	const struct writ_agent *agents = daemon->kernel->agents;
	uint32_t end = writ_agents_end(daemon->kernel);

	for (uint32_t i = WRIT_AGENT_CANARY + 1; i < end && !daemon->halt.on; i++)
		daemon->halt.on = agents[i].state == WRIT_AGENT_SUSPENDED &&
				  !writ_switches_is_suspended(&daemon->switches, agents[i].name);
}

void writ_halt_tick(struct writ_daemon *daemon)
{
	const struct writ_audit_page *page = daemon->audit.page;
	struct writ_halt *halt = &daemon->halt;
	bool changed;

	if (!page)
		return;
	if (is_wanted(daemon)) {
		changed = writ_halt_look(halt, __atomic_load_n(&page->error, __ATOMIC_RELAXED),
					 __atomic_load_n(&page->rounds, __ATOMIC_RELAXED),
					 writ_time_boot());
	} else {
		changed = halt->on;
		*halt = (struct writ_halt){0};
	}
	if (!changed)
		return;
	publish(daemon);
	tell(daemon);
}
