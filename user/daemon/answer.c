/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs of the control socket, one function each; the table at the end names them. */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "compile/grant.h"
#include "compile/image_check.h"
#include "daemon/daemon.h"
#include "kernel/agents.h"
#include "kernel/arena.h"
#include "kernel/enrol.h"
#include "kernel/grants.h"
#include "lib/cleanup.h"
#include "lib/time.h"

struct question {
	struct writ_daemon *daemon;
	const struct writ_peer *peer;
	const struct writ_request *request;
	struct writ_client *client;
	char *error; /* WRIT_ERROR_SIZE */
};

#define say(q, ...) ((void)snprintf((q)->error, WRIT_ERROR_SIZE, __VA_ARGS__))

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

static int answer_status(struct question *q)
{
	struct writ_reply reply = {.version = WRIT_CONTROL_VERSION, .type = WRIT_REPLY_STATUS};

	writ_status_fill(q->daemon, &reply.status);
	writ_grants_each(q->daemon->kernel, 0, count_live, &reply.status.grants);
	return writ_serve_reply(q->client, &reply);
}

static int no_policy(struct question *q)
{
	say(q,
	    "the policy in %s was refused and an earlier one runs; 'writ policy check' says what "
	    "is wrong, then 'systemctl reload writd'",
	    q->daemon->options.policy);
	return -ENODATA;
}

static int answer_agents(struct question *q)
{
	const struct writ_policy *policy = q->daemon->policy;
	const struct writ_kernel *kernel = q->daemon->kernel;
	_cleanup_free_ uint32_t *cgroups = calloc(WRIT_AGENTS_MAX, sizeof(*cgroups));
	int err = 0;

	if (!cgroups)
		return -ENOMEM;
	if (!policy)
		return no_policy(q);
	writ_enrol_each(kernel, count_cgroup, cgroups);
	for (size_t i = 0; i < policy->n_agents && !err; i++) {
		struct writ_reply reply = {WRIT_CONTROL_VERSION, WRIT_REPLY_AGENT, 0, 0, {{0}}};
		const struct writ_policy_agent *agent = &policy->agents[i];
		uint32_t index = q->daemon->agent_index[i];

		reply.agent.index = index;
		reply.agent.state = kernel->agents[index].state;
		reply.agent.mode = kernel->agents[index].mode;
		reply.agent.cgroups = cgroups[index];
		writ_grants_each(kernel, index, count_live, &reply.agent.grants);
		(void)snprintf(reply.agent.name, WRIT_NAME_SIZE, "%s", agent->name);
		(void)snprintf(reply.agent.role, WRIT_NAME_SIZE, "%s", agent->role->name);
		(void)snprintf(reply.agent.environment, WRIT_NAME_SIZE, "%s", agent->environment);
		(void)snprintf(reply.agent.cgroup, sizeof(reply.agent.cgroup), "%s", agent->cgroup);
		err = writ_serve_reply(q->client, &reply);
	}
	return err;
}

static int reply_grant(struct question *q, const struct writ_grant_info *info, uint32_t state,
		       bool clipped)
{
	struct writ_reply reply = {.version = WRIT_CONTROL_VERSION, .type = WRIT_REPLY_GRANT};

	reply.grant.info = *info;
	reply.grant.state = state;
	reply.grant.clip = clipped ? WRIT_CLIP_PLAYBOOK : WRIT_CLIP_NONE;
	reply.grant.now_ns = writ_time_boot();
	return writ_serve_reply(q->client, &reply);
}

static void visit_grant(void *context, const struct writ_grant_info *info,
			enum writ_grant_state state)
{
	struct question *q = context;

	if (state > WRIT_GRANT_STATE_ACTIVE && !(q->request->flags & WRIT_GRANTS_ENDED))
		return;
	(void)reply_grant(q, info, state, false);
}

/* The agent that the request names; 0 and a message when there is none. */
static uint32_t named_agent(struct question *q)
{
	uint32_t agent = writ_agents_find(q->daemon->kernel, q->request->agent);

	if (!agent)
		say(q, "no agent %s; 'writ agents' lists them", q->request->agent);
	return agent;
}

static int answer_grants(struct question *q)
{
	uint32_t agent = 0;

	if (q->request->agent[0]) {
		agent = named_agent(q);
		if (!agent)
			return -ENOENT;
	}
	writ_grants_each(q->daemon->kernel, agent, visit_grant, q);
	return 0;
}

static void fill_info(const struct question *q, const struct writ_grant_plan *plan,
		      struct writ_grant_info *info)
{
	const struct writ_daemon *daemon = q->daemon;
	struct passwd *user = getpwuid(q->peer->uid);
	uint64_t now = writ_time_boot();

	info->issued = now;
	info->not_before = now + plan->delay_ns;
	info->expires = info->not_before + plan->ttl_ns;
	info->agent = daemon->agent_index[plan->agent - daemon->policy->agents];
	info->uid = q->peer->uid;
	info->scope = WRIT_SCOPE_AGENT;
	(void)snprintf(info->agent_name, WRIT_NAME_SIZE, "%s", plan->agent->name);
	(void)snprintf(info->role_name, WRIT_NAME_SIZE, "%s", plan->role->name);
	(void)snprintf(info->playbook, WRIT_NAME_SIZE, "%s", plan->playbook->name);
	(void)snprintf(info->ticket, WRIT_TICKET_SIZE, "%s", q->request->ticket);
	(void)snprintf(info->operator_name, WRIT_NAME_SIZE, "%s", user ? user->pw_name : "");
	(void)snprintf(info->parameters, sizeof(info->parameters), "%s", plan->parameters);
}

static int issue(struct question *q, const struct writ_grant_plan *plan)
{
	struct writ_grant_info info = {0};
	const char *why = "";
	int err = writ_image_check(plan->image.bytes, plan->image.size, &why);

	if (err) {
		say(q, "the grant's rules do not make a sound image: %s", why);
		return err;
	}
	fill_info(q, plan, &info);
	err = writ_grants_issue(q->daemon->kernel, plan->image.bytes, plan->image.size, &info);
	if (err == -EBUSY)
		say(q, "%s has %u live grants already; 'writ revoke' ends one", info.agent_name,
		    WRIT_GRANTS_PER_AGENT);
	else if (err)
		say(q, "the kernel did not take the grant: %s", strerror(-err));
	if (err)
		return err;
	writ_stream_grant(q->daemon->stream, WRIT_GRANT_EVENT_ISSUED, &info, NULL);
	return reply_grant(q, &info,
			   plan->delay_ns ? WRIT_GRANT_STATE_PENDING : WRIT_GRANT_STATE_ACTIVE,
			   plan->clipped);
}

static int answer_grant(struct question *q)
{
	_cleanup_(writ_diagnostics_free) struct writ_diagnostics diags = {0};
	_cleanup_(writ_grant_plan_free) struct writ_grant_plan plan = {0};
	int err;

	if (!q->daemon->policy)
		return no_policy(q);
	err = writ_grant_compile(q->daemon->policy, q->request, &diags, &plan);
	if (err) {
		writ_diagnostics_join(&diags, q->error, WRIT_ERROR_SIZE);
		return err;
	}
	return issue(q, &plan);
}

static int revoke_one(struct question *q, uint64_t id)
{
	struct writ_grant_info info;
	int err = writ_grants_revoke(q->daemon->kernel, id, &info);
	struct passwd *user = getpwuid(q->peer->uid);

	if (err) {
		say(q, "no live grant %llu; 'writ grants --all' lists those that have ended",
		    (unsigned long long)id);
		return err;
	}
	writ_stream_grant(q->daemon->stream, WRIT_GRANT_EVENT_REVOKED, &info,
			  user ? user->pw_name : NULL);
	return reply_grant(q, &info, WRIT_GRANT_STATE_REVOKED, false);
}

struct live_ids {
	uint64_t ids[WRIT_GRANTS_PER_AGENT];
	size_t count;
};

static void gather_live(void *context, const struct writ_grant_info *info,
			enum writ_grant_state state)
{
	struct live_ids *live = context;

	if (state <= WRIT_GRANT_STATE_ACTIVE && live->count < WRIT_GRANTS_PER_AGENT)
		live->ids[live->count++] = info->id;
}

static int answer_revoke(struct question *q)
{
	struct live_ids live = {.count = 0};
	uint32_t agent;
	int err = 0;

	if (!(q->request->flags & WRIT_REVOKE_AGENT))
		return revoke_one(q, q->request->grant);
	agent = named_agent(q);
	if (!agent)
		return -ENOENT;
	writ_grants_each(q->daemon->kernel, agent, gather_live, &live);
	for (size_t i = 0; i < live.count && !err; i++)
		err = revoke_one(q, live.ids[i]);
	return err;
}

static int answer_enrolled(struct question *q)
{
	uint32_t agent = named_agent(q);

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

static int answer_apply(struct question *q)
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
	writ_stream_daemon(q->daemon->stream,
			   err ? WRIT_DAEMON_EVENT_POLICY_REFUSED
			       : WRIT_DAEMON_EVENT_POLICY_APPLIED,
			   q->daemon->kernel->node->generation, q->daemon->options.policy);
	if (!sound)
		return err;
	if (!err)
		return answer_status(q);
	if (q->daemon->policy == running)
		say(q, "not applied, the policy before it stays: %s; see writd's log",
		    strerror(-err));
	else
		say(q, "published, but not proven to be enforced: %s; see writd's log",
		    strerror(-err));
	return err;
}

static int answer_exec(struct question *q)
{
	struct writ_reply reply = {.version = WRIT_CONTROL_VERSION, .type = WRIT_REPLY_EXEC};
	int err;

	if (!q->daemon->policy)
		return no_policy(q);
	err = writ_exec_fill(q->daemon, q->request->grant, &reply.exec, q->error);
	return err ? err : writ_serve_reply(q->client, &reply);
}

static int answer_unload(struct question *q)
{
	int err = writ_unload_now(q->daemon, q->peer);

	if (err)
		say(q, "%s; see writd's log", strerror(-err));
	return err;
}

static const struct {
	uint32_t verb;
	int (*answer)(struct question *q);
} verbs[] = {
	{WRIT_VERB_STATUS, answer_status}, {WRIT_VERB_AGENTS, answer_agents},
	{WRIT_VERB_GRANTS, answer_grants}, {WRIT_VERB_GRANT, answer_grant},
	{WRIT_VERB_REVOKE, answer_revoke}, {WRIT_VERB_ENROLLED, answer_enrolled},
	{WRIT_VERB_APPLY, answer_apply},   {WRIT_VERB_UNLOAD, answer_unload},
	{WRIT_VERB_EXEC, answer_exec},
};

int writ_answer(struct writ_daemon *daemon, const struct writ_peer *peer,
		const struct writ_request *request, struct writ_client *client,
		char error[WRIT_ERROR_SIZE])
{
	struct question q = {daemon, peer, request, client, error};

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (verbs[i].verb == request->verb)
			return verbs[i].answer(&q);
	say(&q, "unknown request; install writ and writd of the same version");
	return -EOPNOTSUPP;
}
