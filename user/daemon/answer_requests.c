/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the broker says of a request that came to nothing. Who asked is the kernel's word, or what
 * the core has kept; what was asked and why it was refused is the broker's, and stands in the log
 * as text alone: no right hangs on it.
 */
#include <errno.h>
#include <string.h>

#include "compile/policy.h"
#include "daemon/answer.h"
#include "kernel/agents.h"
#include "lib/time.h"

/* The agent is whom the connection says; an operator may have asked for one that there is not. */
static uint32_t fill_asker(const struct question *q, const struct writ_attest_row *who,
			   struct writ_note_request *note)
{
	const struct writ_policy_agent *agent = NULL;

	note->uid = who->uid;
	if (who->agent_index) {
		(void)snprintf(note->agent, sizeof(note->agent), "%s", who->agent);
		(void)snprintf(note->role, sizeof(note->role), "%s", who->role);
		return who->agent_index;
	}
	writ_callers_name(who->uid, note->requester);
	if (q->daemon->policy)
		agent = writ_policy_agent(q->daemon->policy, q->request->agent);
	if (!agent)
		return 0;
	(void)snprintf(note->agent, sizeof(note->agent), "%s", agent->name);
	(void)snprintf(note->role, sizeof(note->role), "%s", agent->role->name);
	return writ_agents_find(q->daemon->kernel, agent->name);
}

static void fill_words(const struct writ_request *request, struct writ_note_request *note)
{
	note->ledger = request->ledger;
	note->ttl_ns = request->ttl_ns;
	note->refusal = request->refusal;
	note->context = request->context;
	(void)snprintf(note->playbook, sizeof(note->playbook), "%s", request->playbook);
	(void)snprintf(note->ticket, sizeof(note->ticket), "%s", request->ticket);
	(void)snprintf(note->sponsor, sizeof(note->sponsor), "%s", request->sponsor);
	(void)snprintf(note->reason, sizeof(note->reason), "%s", request->reason);
}

static int record_asked(struct question *q)
{
	struct writ_note_request note = {0};
	struct writ_attest_row who;
	uint32_t agent;
	int err = writ_attest(q->daemon, q->peer->passed, &who, q->error);

	if (err)
		return err;
	if (who.agent_index ? strcmp(who.agent, q->request->agent) : !who.is_operator) {
		say(q, "it was not %s who asked by this connection, nor an operator",
		    q->request->agent);
		return -EPERM;
	}
	agent = fill_asker(q, &who, &note);
	fill_words(q->request, &note);
	return writ_requests_note(q->daemon, agent, &note, writ_time_boot());
}

/* It was approved, and could not be issued: what the core keeps of it is of no more use. */
static int record_proposed(struct question *q)
{
	struct writ_proposal *proposal =
		writ_proposals_find(&q->daemon->proposals, q->request->proposal);
	int err;

	if (!proposal) {
		say(q, "no proposal %llu", (unsigned long long)q->request->proposal);
		return -ENOENT;
	}
	err = writ_requests_decided(q->daemon, proposal, q->request->refusal);
	writ_proposals_drop(&q->daemon->proposals, proposal);
	return err;
}

int writ_answer_record(struct question *q)
{
	if (q->request->refusal >= WRIT_REFUSAL_COUNT) {
		say(q, "refusal %u is none; install writd and writ-broker of the same version",
		    q->request->refusal);
		return -EINVAL;
	}
	return q->request->proposal ? record_proposed(q) : record_asked(q);
}
