/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers about requests for grants: the broker proposes and issues, people decide. Who asks is who
 * made the connection that the broker hands over; what is issued is what is kept here.
 */
#include <errno.h>

#include "daemon/answer.h"
#include "daemon/ids.h"
#include "lib/cleanup.h"
#include "lib/time.h"

int writ_answer_attest(struct question *q)
{
	struct writ_reply reply = {WRIT_CONTROL_VERSION, WRIT_REPLY_ATTEST, 0, 0, {{0}}};
	int err = writ_attest(q->daemon, q->peer->passed, &reply.attest, q->error);

	return err ? err : writ_serve_reply(q->client, &reply);
}

static int reply_proposal(struct question *q, const struct writ_proposal *proposal)
{
	struct writ_reply reply = {WRIT_CONTROL_VERSION, WRIT_REPLY_PROPOSAL, 0, 0, {{0}}};

	reply.proposal = proposal->row;
	return writ_serve_reply(q->client, &reply);
}

/* A grant that the broker can not be told has no place in its ledger: it is taken back. */
static int tell_issued(struct question *q, const struct writ_grant_plan *plan,
		       struct writ_grant_info *info)
{
	int err = writ_answer_row(
		q, info, plan->delay_ns ? WRIT_GRANT_STATE_PENDING : WRIT_GRANT_STATE_ACTIVE,
		plan->clip);

	if (err)
		(void)writ_ends_end(q->daemon, info->id, WRIT_END_REVOKED, "core", info);
	return err;
}

/* It waits: for people, or for the broker's next word. */
static int keep(struct question *q, struct writ_proposal **proposal)
{
	const struct writ_proposal *kept = *proposal;
	int err = writ_ids_reserve_proposal(q->daemon, q->error);

	if (!err)
		err = writ_proposals_keep(&q->daemon->proposals, proposal, q->error);
	if (err)
		return err;
	writ_notices_proposal(q->daemon, WRIT_PROPOSAL_EVENT_PROPOSED, kept, NULL);
	return reply_proposal(q, kept);
}

int writ_answer_propose(struct question *q)
{
	_cleanup_(writ_proposals_freep) struct writ_proposal *proposal = NULL;
	_cleanup_(writ_grant_plan_free) struct writ_grant_plan plan = {0};
	struct writ_grant_info info;
	struct writ_attest_row who;
	int err;

	if (!q->daemon->policy)
		return writ_answer_no_policy(q);
	err = writ_attest(q->daemon, q->peer->passed, &who, q->error);
	if (!err)
		err = writ_gate_check_broker(q->daemon, q->request->agent, q->error);
	if (!err)
		err = writ_proposals_make(q->daemon->policy, q->request, &who, writ_time_boot(),
					  &proposal, &plan, q->error);
	if (!err)
		err = writ_ids_take_row(q->daemon, q->request->ledger, q->error);
	if (err)
		return err;
	if (!(q->request->flags & WRIT_PROPOSE_ISSUE) || proposal->row.state != WRIT_PROPOSAL_READY)
		return keep(q, &proposal);
	err = reply_proposal(q, proposal);
	if (!err)
		err = writ_issue(q->daemon, proposal, &plan, &info, q->error);
	return err ? err : tell_issued(q, &plan, &info);
}

static struct writ_proposal *named(struct question *q)
{
	struct writ_proposal *proposal =
		writ_proposals_find(&q->daemon->proposals, q->request->proposal);

	if (!proposal)
		say(q, "no proposal %llu; 'writ pending' lists those that wait",
		    (unsigned long long)q->request->proposal);
	return proposal;
}

/* Once: what is issued is gone from the table before its row goes out. */
int writ_answer_issue(struct question *q)
{
	_cleanup_(writ_grant_plan_free) struct writ_grant_plan plan = {0};
	struct writ_proposal *proposal = named(q);
	struct writ_grant_info info;
	int err;

	if (!proposal)
		return -ENOENT;
	if (!q->daemon->policy)
		return writ_answer_no_policy(q);
	err = writ_gate_check_broker(q->daemon, proposal->row.agent, q->error);
	if (!err)
		err = writ_proposals_judge(q->daemon->policy, proposal, &plan, q->error);
	if (!err)
		err = writ_issue(q->daemon, proposal, &plan, &info, q->error);
	if (err)
		return err;
	writ_proposals_drop(&q->daemon->proposals, proposal);
	return tell_issued(q, &plan, &info);
}

int writ_answer_withdraw(struct question *q)
{
	struct writ_proposal *proposal = named(q);

	if (!proposal)
		return -ENOENT;
	if (proposal->row.state != WRIT_PROPOSAL_REFUSED) {
		proposal->row.state = WRIT_PROPOSAL_GONE;
		writ_notices_proposal(q->daemon, WRIT_PROPOSAL_EVENT_GONE, proposal, "broker");
	}
	writ_proposals_drop(&q->daemon->proposals, proposal);
	return 0;
}

int writ_answer_proposals(struct question *q)
{
	int err = 0;

	for (const struct writ_proposal *at = q->daemon->proposals.first; at && !err; at = at->next)
		if (at->row.state == WRIT_PROPOSAL_PENDING)
			err = reply_proposal(q, at);
	return err;
}

int writ_answer_approve(struct question *q)
{
	struct writ_proposal *proposal = named(q);
	char who[WRIT_NAME_SIZE];
	int err;

	if (!proposal)
		return -ENOENT;
	if (!q->daemon->policy)
		return writ_answer_no_policy(q);
	err = writ_proposals_approve(q->daemon->policy, proposal, q->peer->uid, q->error);
	if (err)
		return err;
	writ_answer_who(q, who);
	writ_notices_proposal(q->daemon, WRIT_PROPOSAL_EVENT_APPROVED, proposal, who);
	return reply_proposal(q, proposal);
}

int writ_answer_refuse(struct question *q)
{
	struct writ_proposal *proposal = named(q);
	char who[WRIT_NAME_SIZE];
	int err;

	if (!proposal)
		return -ENOENT;
	err = writ_proposals_refuse(proposal, q->peer->uid, q->request->reason, q->error);
	if (err)
		return err;
	writ_answer_who(q, who);
	writ_notices_proposal(q->daemon, WRIT_PROPOSAL_EVENT_REFUSED, proposal, who);
	return reply_proposal(q, proposal);
}
