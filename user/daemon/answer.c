/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verbs and who may ask them. The broker's are those that carry a requester's connection, and
 * some that read; what opens a switch, approves, or changes the policy is never its own.
 */
#include "daemon/answer.h"

#include <errno.h>
#include <string.h>

#include "kernel/agents.h"
#include "kernel/peers.h"
#include "lib/time.h"

int writ_answer_no_policy(struct question *q)
{
	say(q,
	    "the policy in %s was refused and an earlier one runs; 'writ policy check' says what "
	    "is wrong, then 'systemctl reload writd'",
	    q->daemon->options.policy);
	return -ENODATA;
}

uint32_t writ_answer_agent(struct question *q)
{
	uint32_t agent = writ_agents_find(q->daemon->kernel, q->request->agent);

	if (!agent)
		say(q, "no agent %s; 'writ agents' lists them", q->request->agent);
	return agent;
}

void writ_answer_who(const struct question *q, char ret_name[WRIT_NAME_SIZE])
{
	if (q->peer->caller == WRIT_CALLER_BROKER)
		(void)snprintf(ret_name, WRIT_NAME_SIZE, "broker");
	else
		writ_callers_name(q->peer->uid, ret_name);
}

int writ_answer_row(struct question *q, const struct writ_grant_info *info, uint32_t state,
		    uint32_t clip)
{
	struct writ_reply reply = {.version = WRIT_CONTROL_VERSION, .type = WRIT_REPLY_GRANT};

	reply.grant.info = *info;
	reply.grant.state = state;
	reply.grant.clip = clip;
	reply.grant.now_ns = writ_time_boot();
	return writ_serve_reply(q->client, &reply);
}

static int answer_exec(struct question *q)
{
	struct writ_reply reply = {.version = WRIT_CONTROL_VERSION, .type = WRIT_REPLY_EXEC};
	int err;

	if (!q->daemon->policy)
		return writ_answer_no_policy(q);
	err = writ_exec_fill(q->daemon, q->request->grant, q->request->cgroup, &reply.exec,
			     q->error);
	return err ? err : writ_serve_reply(q->client, &reply);
}

static int answer_enter(struct question *q)
{
	struct writ_reply reply = {.version = WRIT_CONTROL_VERSION, .type = WRIT_REPLY_EXEC};
	struct writ_peer_mark mark;
	int err;

	if (!q->daemon->policy)
		return writ_answer_no_policy(q);
	if (q->peer->passed < 0 || writ_attest_mark(q->daemon, q->peer->passed, &mark) ||
	    !mark.agent) {
		say(q, "only an agent's own process enters a run");
		return -EPERM;
	}
	err = writ_exec_enter(q->daemon, q->request->grant, &mark, &reply.exec, q->error);
	return err ? err : writ_serve_reply(q->client, &reply);
}

static int answer_unload(struct question *q)
{
	int err = writ_unload_now(q->daemon, q->peer);

	if (err)
		say(q, "%s; see writd's log", strerror(-err));
	return err;
}

#define ROOT WRIT_CALLER_ROOT
#define PEOPLE (WRIT_CALLER_ROOT | WRIT_CALLER_OPERATOR)
#define BROKER WRIT_CALLER_BROKER
#define ALL (PEOPLE | BROKER)

static const struct {
	uint32_t verb;
	uint32_t callers;
	writ_answer_function *answer;
} verbs[] = {
	{WRIT_VERB_STATUS, ALL, writ_answer_status},
	{WRIT_VERB_METRICS, ALL, writ_answer_metrics},
	{WRIT_VERB_AGENTS, ALL, writ_answer_agents},
	{WRIT_VERB_GRANTS, ALL, writ_answer_grants},
	{WRIT_VERB_REVOKE, PEOPLE, writ_answer_revoke},
	{WRIT_VERB_ENROLLED, ROOT, writ_answer_enrolled},
	{WRIT_VERB_APPLY, ROOT, writ_answer_apply},
	{WRIT_VERB_UNLOAD, ROOT, answer_unload},
	{WRIT_VERB_EXEC, ROOT, answer_exec},
	{WRIT_VERB_ATTEST, BROKER, writ_answer_attest},
	{WRIT_VERB_PROPOSE, BROKER, writ_answer_propose},
	{WRIT_VERB_ISSUE, BROKER, writ_answer_issue},
	{WRIT_VERB_WITHDRAW, BROKER, writ_answer_withdraw},
	{WRIT_VERB_DONE, BROKER, writ_answer_done},
	{WRIT_VERB_ENTER, BROKER, answer_enter},
	{WRIT_VERB_DENIALS, ROOT | BROKER, writ_answer_denials},
	{WRIT_VERB_PROPOSALS, ALL, writ_answer_proposals}, /* the broker's: after a crash */
	{WRIT_VERB_APPROVE, PEOPLE, writ_answer_approve},
	{WRIT_VERB_REFUSE, PEOPLE, writ_answer_refuse},
	{WRIT_VERB_FREEZE, PEOPLE, writ_answer_freeze},
	{WRIT_VERB_THAW, PEOPLE, writ_answer_thaw},
	{WRIT_VERB_SUSPEND, ALL, writ_answer_suspend}, /* the broker's: denied too often */
	{WRIT_VERB_RESUME, PEOPLE, writ_answer_resume},
	{WRIT_VERB_RECORD, BROKER, writ_answer_record},
	{WRIT_VERB_SINKS, ALL, writ_answer_sinks},
};

static int refuse_caller(struct question *q, uint32_t callers)
{
	if (q->peer->caller & callers)
		return 0;
	say(q, "%s may not ask this; %s may",
	    q->peer->caller == WRIT_CALLER_BROKER     ? "the broker"
	    : q->peer->caller == WRIT_CALLER_OPERATOR ? "an operator"
						      : "root by itself",
	    callers & WRIT_CALLER_OPERATOR ? "an operator"
	    : callers & WRIT_CALLER_ROOT   ? "root"
					   : "the broker alone");
	return -EPERM;
}

int writ_answer(struct writ_daemon *daemon, const struct writ_peer *peer,
		const struct writ_request *request, struct writ_client *client,
		char error[WRIT_ERROR_SIZE])
{
	struct question q = {daemon, peer, request, client, error};

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (verbs[i].verb == request->verb) {
			int err = refuse_caller(&q, verbs[i].callers);

			return err ? err : verbs[i].answer(&q);
		}
	say(&q, "unknown request; install writ and writd of the same version");
	return -EOPNOTSUPP;
}
