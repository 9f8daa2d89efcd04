/* SPDX-License-Identifier: Apache-2.0 */
/* What stands before every grant: the switches, a log that takes no lines, a child that dies. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/daemon.h"
#include "kernel/reach.h"

int writ_gate_check(const struct writ_daemon *daemon, const char *agent,
		    char error[WRIT_ERROR_SIZE])
{
	const struct writ_switches *switches = &daemon->switches;

	if (switches->frozen) {
		(void)snprintf(error, WRIT_ERROR_SIZE,
			       "no grants on this node: it was frozen%s%s; 'writ thaw' ends that",
			       switches->frozen_by[0] ? " by " : "", switches->frozen_by);
		return -ESHUTDOWN;
	}
	if (daemon->halt.on) {
		(void)snprintf(error, WRIT_ERROR_SIZE,
			       "no grants on this node: agents are stopped until the audit log "
			       "takes lines again (%s); see 'writ status'",
			       daemon->halt.error ? strerror(-daemon->halt.error)
						  : "nobody writes it");
		return -ESHUTDOWN;
	}
	if (!writ_switches_is_suspended(switches, agent))
		return 0;
	(void)snprintf(error, WRIT_ERROR_SIZE,
		       "agent %s is suspended; an operator's 'writ resume %s' ends that", agent,
		       agent);
	return -EKEYREVOKED;
}

int writ_gate_check_broker(const struct writ_daemon *daemon, const char *agent,
			   char error[WRIT_ERROR_SIZE])
{
	const struct writ_child *held = writ_child_held(daemon);

	if (!held)
		return writ_gate_check(daemon, agent, error);
	(void)snprintf(error, WRIT_ERROR_SIZE,
		       "no grants on this node for now: the %s has died %u times, and must run "
		       "for a minute before grants are issued again",
		       held->kind->what, held->supervision.deaths);
	return -ESHUTDOWN;
}

void writ_gate_publish_agent(const struct writ_daemon *daemon, uint32_t index)
{
	struct writ_agent *entry = &daemon->kernel->agents[index];
	bool suspended = daemon->halt.on ||
			 writ_switches_is_suspended(&daemon->switches, entry->name);

	if (suspended && entry->state != WRIT_AGENT_SUSPENDED)
		__atomic_store_n(&entry->state, WRIT_AGENT_SUSPENDED, __ATOMIC_RELEASE);
	else if (!suspended && entry->state == WRIT_AGENT_SUSPENDED)
		__atomic_store_n(&entry->state, WRIT_AGENT_ACTIVE, __ATOMIC_RELEASE);
	else
		return;
	writ_reach_ended(daemon->kernel, index); /* what it has open is judged again */
}

void writ_gate_publish(const struct writ_daemon *daemon, const struct writ_policy *policy,
		       const uint32_t *agent_index)
{
	for (size_t i = 0; i < policy->n_agents; i++)
		writ_gate_publish_agent(daemon, agent_index[i]);
}
