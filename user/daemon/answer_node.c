/* SPDX-License-Identifier: Apache-2.0 */
/* Answers about the node: its numbers, its agents, its policy. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/answer.h"
#include "kernel/agents.h"
#include "kernel/enrol.h"
#include "kernel/grants.h"
#include "lib/cleanup.h"

static void count_live(void *context, const struct writ_grant_info *info,
		       enum writ_grant_state state)
{
	(void)info;
	*(uint32_t *)context += state <= WRIT_GRANT_STATE_ACTIVE;
}

static void count_cgroup(void *context, uint64_t id, uint32_t agent)
{
	uint32_t *counts = context;

	(void)id;
	if (agent < WRIT_AGENTS_MAX)
		counts[agent]++;
}

int writ_answer_status(struct question *q)
{
	struct writ_reply reply = {.version = WRIT_CONTROL_VERSION, .type = WRIT_REPLY_STATUS};

	writ_status_fill(q->daemon, &reply.status);
	writ_grants_each(q->daemon->kernel, 0, count_live, &reply.status.grants);
	return writ_serve_reply(q->client, &reply);
}

static int visit_sink(void *context, const struct writ_sink_row *row)
{
	struct writ_reply reply = {WRIT_CONTROL_VERSION, WRIT_REPLY_SINK, 0, 0, {{0}}};

	reply.sink = *row;
	return writ_serve_reply(context, &reply);
}

int writ_answer_sinks(struct question *q)
{
	return writ_forward_each(q->daemon, visit_sink, q->client);
}

int writ_answer_agents(struct question *q)
{
	const struct writ_policy *policy = q->daemon->policy;
	const struct writ_kernel *kernel = q->daemon->kernel;
	_cleanup_free_ uint32_t *cgroups = calloc(WRIT_AGENTS_MAX, sizeof(*cgroups));
	int err = 0;

	if (!cgroups)
		return -ENOMEM;
	if (!policy)
		return writ_answer_no_policy(q);
	writ_enrol_each(kernel, count_cgroup, cgroups);
	for (size_t i = 0; i < policy->n_agents && !err; i++) {
		struct writ_reply reply = {WRIT_CONTROL_VERSION, WRIT_REPLY_AGENT, 0, 0, {{0}}};
		const struct writ_policy_agent *agent = &policy->agents[i];
		uint32_t index = q->daemon->agent_index[i];

		reply.agent.index = index;
		reply.agent.state = kernel->agents[index].state;
		reply.agent.mode = kernel->agents[index].mode;
		reply.agent.cgroups = cgroups[index];
		reply.agent.shared = writ_instances_shared(q->daemon->instances, index);
		writ_grants_each(kernel, index, count_live, &reply.agent.grants);
		(void)snprintf(reply.agent.name, WRIT_NAME_SIZE, "%s", agent->name);
		(void)snprintf(reply.agent.role, WRIT_NAME_SIZE, "%s", agent->role->name);
		(void)snprintf(reply.agent.environment, WRIT_NAME_SIZE, "%s", agent->environment);
		(void)snprintf(reply.agent.cgroup, sizeof(reply.agent.cgroup), "%s", agent->cgroup);
		err = writ_serve_reply(q->client, &reply);
	}
	return err;
}

int writ_answer_enrolled(struct question *q)
{
	uint32_t agent = writ_answer_agent(q);

	if (!agent)
		return -ENOENT;
	if (writ_enrol_agent(q->daemon->kernel, q->request->cgroup) == agent)
		return 0;
	say(q, "cgroup %llu is not bound to %s; its path must match the agent's pattern",
	    (unsigned long long)q->request->cgroup, q->request->agent);
	return -EXDEV;
}

/* Is the policy that the caller has checked the one that this writd reads? */
static int check_policy_path(struct question *q)
{
	const char *own = q->daemon->options.policy, *meant = q->request->parameters[0].value;
	_cleanup_free_ char *real = realpath(own, NULL);

	if (!q->request->n_parameters || !strncmp(meant, real ? real : own, WRIT_VALUE_SIZE))
		return 0;
	say(q, "this writd reads its policy from %s, not from %.*s; put the files there", own,
	    (int)WRIT_VALUE_SIZE - 1, meant);
	return -EXDEV;
}

/* Everything that a broken policy is refused for, before anything is touched. */
static int check_policy(struct question *q)
{
	_cleanup_(writ_diagnostics_free) struct writ_diagnostics diags = {0};
	_cleanup_(writ_policy_freep) struct writ_policy *policy = NULL;
	int err = writ_policy_load(&q->daemon->options.policy, 1, &diags, &policy);

	if (!err)
		err = writ_policy_check(policy, &diags);
	if (err)
		writ_diagnostics_join(&diags, q->error, WRIT_ERROR_SIZE);
	return err;
}

int writ_answer_apply(struct question *q)
{
	const struct writ_policy *running = q->daemon->policy;
	bool sound;
	int err = check_policy_path(q);

	if (err)
		return err;
	err = check_policy(q);
	sound = !err;
	if (sound)
		err = writ_apply_policy(q->daemon);
	writ_notes_daemon(q->daemon,
			  err ? WRIT_DAEMON_EVENT_POLICY_REFUSED : WRIT_DAEMON_EVENT_POLICY_APPLIED,
			  q->daemon->options.policy);
	writ_notices_policy(q->daemon);
	if (!sound)
		return err;
	if (!err)
		return writ_answer_status(q);
	if (q->daemon->policy == running)
		say(q, "not applied, the policy before it stays: %s; see writd's log",
		    strerror(-err));
	else
		say(q, "published, but not proven to be enforced: %s; see writd's log",
		    strerror(-err));
	return err;
}

static int visit_denial(void *context, const struct writ_denial_row *row)
{
	struct writ_reply reply = {WRIT_CONTROL_VERSION, WRIT_REPLY_DENIAL, 0, 0, {{0}}};

	reply.denial = *row;
	return writ_serve_reply(context, &reply);
}

int writ_answer_denials(struct question *q)
{
	uint32_t agent = writ_answer_agent(q);

	if (!agent)
		return -ENOENT;
	return writ_denials_each(q->daemon->denials, agent, visit_denial, q->client);
}
