/* SPDX-License-Identifier: Apache-2.0 */
/* See proposals.h. */
#include "daemon/proposals.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile/node.h"
#include "compile/policy.h"
#include "daemon/callers.h"
#include "lib/cleanup.h"

#define say(error, ...) ((void)snprintf(error, WRIT_ERROR_SIZE, __VA_ARGS__))

void writ_proposals_freep(struct writ_proposal **proposal)
{
	free(*proposal);
}

/* FNV-1a. Rules are compared with rules of people who may write any: no attacker picks both. */
static uint64_t digest(const struct writ_blob *image)
{
	const unsigned char *bytes = image->bytes;
	uint64_t sum = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < image->size; i++)
		sum = (sum ^ bytes[i]) * UINT64_C(1099511628211);
	return sum ^ image->size;
}

static int compile(const struct writ_policy *policy, const struct writ_request *request,
		   struct writ_grant_plan *ret_plan, char error[WRIT_ERROR_SIZE])
{
	_cleanup_(writ_diagnostics_free) struct writ_diagnostics diags = {0};
	int err = writ_grant_compile(policy, request, &diags, ret_plan);

	if (err)
		writ_diagnostics_join(&diags, error, WRIT_ERROR_SIZE);
	return err;
}

static int check_asker(const struct writ_request *request, const struct writ_attest_row *who,
		       char error[WRIT_ERROR_SIZE])
{
	if (!request->ledger) {
		say(error, "the request has no row in the ledger; nothing is issued without one");
		return -EINVAL;
	}
	if (who->agent_index ? !strcmp(who->agent, request->agent) : who->is_operator)
		return 0;
	if (who->agent_index)
		say(error, "agent %s asks for itself alone, not for %s", who->agent,
		    request->agent);
	else
		say(error, "only the agent itself or an operator may ask for a grant");
	return -EPERM;
}

/* What people see of the plan. True: it is not what they saw before. */
static bool show(struct writ_proposal *proposal, const struct writ_grant_plan *plan)
{
	struct writ_proposal_row *row = &proposal->row;
	uint64_t rules = digest(&plan->image);
	uint32_t needed = plan->playbook->break_glass ? 0 : plan->playbook->approvals;
	bool other = rules != proposal->rules || row->ttl_ns != plan->ttl_ns ||
		     row->needed != needed || strcmp(row->role, plan->role->name) ||
		     strcmp(row->parameters, plan->parameters);

	proposal->rules = rules;
	row->ttl_ns = plan->ttl_ns;
	row->clip = plan->clip;
	row->needed = needed;
	(void)snprintf(row->role, sizeof(row->role), "%s", plan->role->name);
	(void)snprintf(row->parameters, sizeof(row->parameters), "%s", plan->parameters);
	return other;
}

/* People approve what they are shown: all of it, or it can't be asked of them. */
static int check_shown(const struct writ_proposal *proposal, char error[WRIT_ERROR_SIZE])
{
	const struct writ_proposal_row *row = &proposal->row;

	if (!row->needed || strlen(row->parameters) < sizeof(row->parameters) - 1)
		return 0;
	say(error, "the parameters are longer than the %zu bytes that approvers are shown",
	    sizeof(row->parameters) - 2);
	return -E2BIG;
}

static void fill(struct writ_proposal *proposal, const struct writ_attest_row *who, uint64_t now,
		 uint64_t kept_ns)
{
	const struct writ_request *request = &proposal->request;
	struct writ_proposal_row *row = &proposal->row;

	row->ledger = request->ledger;
	row->proposed_ns = now;
	row->until_ns = now + kept_ns;
	row->delay_ns = request->delay_ns;
	row->uid = who->uid;
	row->by_operator = !who->agent_index;
	if (row->by_operator)
		writ_callers_name(who->uid, row->requester);
	(void)snprintf(row->agent, sizeof(row->agent), "%s", request->agent);
	(void)snprintf(row->playbook, sizeof(row->playbook), "%s", request->playbook);
	(void)snprintf(row->ticket, sizeof(row->ticket), "%s", request->ticket);
	(void)snprintf(row->sponsor, sizeof(row->sponsor), "%s", request->sponsor);
	(void)snprintf(row->reason, sizeof(row->reason), "%s", request->reason);
}

int writ_proposals_make(const struct writ_policy *policy, const struct writ_request *request,
			const struct writ_attest_row *who, uint64_t now,
			struct writ_proposal **ret_proposal, struct writ_grant_plan *ret_plan,
			char error[WRIT_ERROR_SIZE])
{
	_cleanup_(writ_proposals_freep) struct writ_proposal *proposal = NULL;
	_cleanup_(writ_grant_plan_free) struct writ_grant_plan plan = {0};
	int err = check_asker(request, who, error);

	if (!err)
		err = compile(policy, request, &plan, error);
	if (err)
		return err;
	proposal = calloc(1, sizeof(*proposal));
	if (!proposal)
		return -ENOMEM;
	proposal->request = *request;
	fill(proposal, who, now, writ_node_of(policy)->pending_ns);
	(void)show(proposal, &plan);
	proposal->row.state = proposal->row.needed ? WRIT_PROPOSAL_PENDING : WRIT_PROPOSAL_READY;
	err = check_shown(proposal, error);
	if (err)
		return err;
	*ret_plan = plan;
	plan.image = (struct writ_blob){0};
	*ret_proposal = take_ptr(proposal);
	return 0;
}

int writ_proposals_keep(struct writ_proposals *proposals, struct writ_proposal **proposal,
			char error[WRIT_ERROR_SIZE])
{
	struct writ_proposal **link = &proposals->first;
	uint32_t same = 0;

	for (; *link; link = &(*link)->next)
		same += !strcmp((*link)->row.agent, (*proposal)->row.agent);
	if (same >= WRIT_PROPOSALS_PER_AGENT) {
		say(error, "%u requests for %s wait already; withdraw one, or have them decided",
		    same, (*proposal)->row.agent);
		return -EDQUOT;
	}
	if (proposals->count >= WRIT_PROPOSALS_MAX) {
		say(error, "%u requests wait on this node; have them decided with 'writ pending'",
		    proposals->count);
		return -ENOBUFS;
	}
	proposals->count++;
	(*proposal)->row.proposal = ++proposals->last;
	*link = take_ptr(*proposal);
	return 0;
}

struct writ_proposal *writ_proposals_find(const struct writ_proposals *proposals, uint64_t id)
{
	struct writ_proposal *proposal = proposals->first;

	while (proposal && proposal->row.proposal != id)
		proposal = proposal->next;
	return id ? proposal : NULL;
}

static void list_approvers(struct writ_proposal *proposal)
{
	struct writ_proposal_row *row = &proposal->row;
	size_t used = 0;

	memset(row->approvers, 0, sizeof(row->approvers));
	for (uint32_t i = 0; i < row->given; i++) { /* each fits: a name is shorter than its part */
		char name[WRIT_NAME_SIZE];

		writ_callers_name(proposal->approvers[i], name);
		used += (size_t)snprintf(row->approvers + used, sizeof(row->approvers) - used,
					 "%s%s", i ? "," : "", name);
	}
	row->state = row->given < row->needed ? WRIT_PROPOSAL_PENDING : WRIT_PROPOSAL_READY;
}

static bool is_approver(const struct writ_policy_playbook *playbook, uint32_t uid)
{
	for (size_t i = 0; i < playbook->n_approvers; i++)
		if (writ_callers_in_group(uid, playbook->approvers[i]))
			return true;
	return !playbook->n_approvers;
}

static int check_approver(const struct writ_policy *policy, const struct writ_proposal *proposal,
			  uint32_t uid, char error[WRIT_ERROR_SIZE])
{
	const struct writ_proposal_row *row = &proposal->row;
	const struct writ_policy_playbook *playbook = writ_policy_playbook(policy, row->playbook);
	unsigned long long id = row->proposal;

	if (!playbook) {
		say(error, "policy has no playbook %s any more", row->playbook);
		return -ENOENT;
	}
	if (row->by_operator && uid == row->uid) {
		say(error, "proposal %llu is your own; another person has to approve it", id);
		return -EPERM;
	}
	for (uint32_t i = 0; i < row->given; i++)
		if (proposal->approvers[i] == uid) {
			say(error, "you have approved proposal %llu; another person has to", id);
			return -EEXIST;
		}
	if (is_approver(playbook, uid))
		return 0;
	say(error, "you are in none of the groups that approve %s (%s%s)", row->playbook,
	    playbook->approvers[0], playbook->n_approvers > 1 ? ", ..." : "");
	return -EACCES;
}

static int check_open(const struct writ_proposal *proposal, char error[WRIT_ERROR_SIZE])
{
	const struct writ_proposal_row *row = &proposal->row;

	if (row->state != WRIT_PROPOSAL_REFUSED)
		return 0;
	say(error, "proposal %llu was refused by %s%s%s", (unsigned long long)row->proposal,
	    row->approvers, row->answer[0] ? ": " : "", row->answer);
	return -ECANCELED;
}

int writ_proposals_approve(const struct writ_policy *policy, struct writ_proposal *proposal,
			   uint32_t uid, char error[WRIT_ERROR_SIZE])
{
	struct writ_proposal_row *row = &proposal->row;
	int err = check_open(proposal, error);

	if (err)
		return err;
	if (row->state == WRIT_PROPOSAL_READY) {
		say(error, "proposal %llu needs no further approval",
		    (unsigned long long)row->proposal);
		return -EALREADY;
	}
	err = check_approver(policy, proposal, uid, error);
	if (!err && row->given == WRIT_APPROVALS_MAX) {
		say(error, "no more than %u people can approve one request", WRIT_APPROVALS_MAX);
		err = -E2BIG;
	}
	if (err)
		return err;
	proposal->approvers[row->given++] = uid;
	list_approvers(proposal);
	return 0;
}

int writ_proposals_refuse(struct writ_proposal *proposal, uint32_t uid, const char *words,
			  char error[WRIT_ERROR_SIZE])
{
	struct writ_proposal_row *row = &proposal->row;
	int err = check_open(proposal, error);

	if (err)
		return err;
	row->state = WRIT_PROPOSAL_REFUSED;
	row->given = 0;
	writ_callers_name(uid, row->approvers);
	(void)snprintf(row->answer, sizeof(row->answer), "%s", words);
	return 0;
}

/* Only of those who may still approve, and who saw what it is now. */
static void keep_approvals(const struct writ_policy_playbook *playbook,
			   struct writ_proposal *proposal, bool other)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < proposal->row.given && !other; i++)
		if (is_approver(playbook, proposal->approvers[i]))
			proposal->approvers[kept++] = proposal->approvers[i];
	proposal->row.given = kept;
	list_approvers(proposal);
}

int writ_proposals_judge(const struct writ_policy *policy, struct writ_proposal *proposal,
			 struct writ_grant_plan *ret_plan, char error[WRIT_ERROR_SIZE])
{
	_cleanup_(writ_grant_plan_free) struct writ_grant_plan plan = {0};
	int err = check_open(proposal, error);

	if (!err)
		err = compile(policy, &proposal->request, &plan, error);
	if (err)
		return err;
	keep_approvals(plan.playbook, proposal, show(proposal, &plan));
	if (proposal->row.state != WRIT_PROPOSAL_READY) {
		say(error, "proposal %llu has %u of the %u approvals that it needs",
		    (unsigned long long)proposal->row.proposal, proposal->row.given,
		    proposal->row.needed);
		return -EAGAIN;
	}
	if (ret_plan) {
		*ret_plan = plan;
		plan.image = (struct writ_blob){0};
	}
	return 0;
}

void writ_proposals_drop(struct writ_proposals *proposals, struct writ_proposal *proposal)
{
	struct writ_proposal **link = &proposals->first;

	while (*link && *link != proposal)
		link = &(*link)->next;
	if (!*link)
		return;
	*link = proposal->next;
	proposals->count--;
	free(proposal);
}

void writ_proposals_clear(struct writ_proposals *proposals)
{
	while (proposals->first)
		writ_proposals_drop(proposals, proposals->first);
}
