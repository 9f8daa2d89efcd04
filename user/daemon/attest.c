/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is behind a connection that the broker hands over: by the mark that the kernel put on it when
 * our listener was connected to. What SO_PEERCRED says is not enough for that: of a connection that
 * the broker itself made to a service of root's it says root.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/callers.h"
#include "daemon/daemon.h"
#include "daemon/unattached.h"
#include "kernel/peers.h"

static int refuse(char error[WRIT_ERROR_SIZE])
{
	(void)snprintf(error, WRIT_ERROR_SIZE,
		       "the connection is none that was made to one of Writ's sockets");
	return -EPERM;
}

/* The agent's place in the policy; without one it has neither role nor environment. */
static void fill_agent(const struct writ_daemon *daemon, struct writ_attest_row *row)
{
	const struct writ_agent *entry = &daemon->kernel->agents[row->agent_index];
	const struct writ_policy_agent *agent;

	(void)snprintf(row->agent, sizeof(row->agent), "%s", entry->name);
	row->suspended = entry->state != WRIT_AGENT_ACTIVE ||
			 writ_switches_is_suspended(&daemon->switches, row->agent);
	agent = daemon->policy ? writ_policy_agent(daemon->policy, row->agent) : NULL;
	if (!agent)
		return;
	(void)snprintf(row->role, sizeof(row->role), "%s", agent->role->name);
	(void)snprintf(row->environment, sizeof(row->environment), "%s", agent->environment);
}

int writ_attest_mark(const struct writ_daemon *daemon, int connection,
		     struct writ_peer_mark *ret_mark)
{
	return daemon->options.no_attach
		       ? writ_unattached_mark(daemon, connection, ret_mark)
		       : writ_peers_of(daemon->kernel, connection, ret_mark);
}

int writ_attest(const struct writ_daemon *daemon, int connection, struct writ_attest_row *ret_row,
		char error[WRIT_ERROR_SIZE])
{
	struct writ_attest_row row = {0};
	struct writ_peer_mark mark;

	if (connection < 0 || writ_attest_mark(daemon, connection, &mark) ||
	    mark.agent >= WRIT_AGENTS_MAX)
		return refuse(error);
	row.cgroup = mark.cgroup;
	row.started = mark.started;
	row.run = mark.run;
	row.uid = mark.uid;
	row.pid = (int32_t)mark.pid;
	row.agent_index = mark.agent;
	row.frozen = daemon->switches.frozen || daemon->halt.on || writ_child_held(daemon);
	if (mark.agent)
		fill_agent(daemon, &row);
	else
		row.is_operator = writ_callers_is_operator(daemon->policy, mark.uid);
	*ret_row = row;
	return 0;
}
