/* SPDX-License-Identifier: Apache-2.0 */
/* See core_row.h. */
#include "broker/core_row.h"

#include <stdint.h>
#include <string.h>

#define ENDS(field) (!!memchr(field, '\0', sizeof(field)))

static bool proposal_is_sound(const struct writ_proposal_row *row)
{
	return row->state <= WRIT_PROPOSAL_GONE && row->clip < WRIT_CLIP_COUNT &&
	       ENDS(row->agent) && ENDS(row->role) && ENDS(row->playbook) && ENDS(row->ticket) &&
	       ENDS(row->sponsor) && ENDS(row->requester) && ENDS(row->reason) &&
	       ENDS(row->parameters) && ENDS(row->approvers) && ENDS(row->answer);
}

static bool grant_is_sound(const struct writ_grant_row *row)
{
	const struct writ_grant_info *info = &row->info;
	const struct writ_context *context = &info->context;

	return info->end < WRIT_END_COUNT && info->scope < WRIT_SCOPE_COUNT &&
	       row->clip < WRIT_CLIP_COUNT && ENDS(info->agent_name) && ENDS(info->role_name) &&
	       ENDS(info->playbook) && ENDS(info->ticket) && ENDS(info->operator_name) &&
	       ENDS(info->sponsor) && ENDS(info->approvers) && ENDS(info->parameters) &&
	       ENDS(context->session) && ENDS(context->prompt) && ENDS(context->tool_call) &&
	       ENDS(context->parent);
}

static bool notice_is_sound(const struct writ_notice_row *row)
{
	return row->notice >= WRIT_NOTICE_GRANT && row->notice <= WRIT_NOTICE_RESYNC &&
	       row->end < WRIT_END_COUNT && ENDS(row->by) && proposal_is_sound(&row->proposal);
}

static bool decisions_are_sound(const struct writ_decisions_row *row)
{
	if (row->n > WRIT_DECISIONS_PER_ROW)
		return false;
	for (uint32_t i = 0; i < row->n; i++)
		if (row->counts[i].verdict >= WRIT_VERDICT_COUNT ||
		    row->counts[i].operation >= WRIT_OP_COUNT ||
		    row->counts[i].reason >= WRIT_REASON_COUNT)
			return false;
	return true;
}

static bool programs_are_sound(const struct writ_programs_row *row)
{
	if (row->n > WRIT_PROGRAMS_PER_ROW)
		return false;
	for (uint32_t i = 0; i < row->n; i++)
		if (!ENDS(row->programs[i].name))
			return false;
	return true;
}

bool writ_core_row_is_sound(const struct writ_reply *reply)
{
	switch (reply->type) {
	case WRIT_REPLY_END:
		return ENDS(reply->error) && reply->code <= 0 && reply->code > -4096;
	case WRIT_REPLY_STATUS:
		return ENDS(reply->status.environment) && ENDS(reply->status.version) &&
		       ENDS(reply->status.policy) && ENDS(reply->status.audit_log) &&
		       ENDS(reply->status.not_attached) && ENDS(reply->status.lsm);
	case WRIT_REPLY_AGENT:
		return ENDS(reply->agent.name) && ENDS(reply->agent.role) &&
		       ENDS(reply->agent.environment) && ENDS(reply->agent.cgroup);
	case WRIT_REPLY_GRANT:
		return grant_is_sound(&reply->grant);
	case WRIT_REPLY_EXEC:
		return reply->exec.env_size <= sizeof(reply->exec.env) && ENDS(reply->exec.agent) &&
		       ENDS(reply->exec.cgroup);
	case WRIT_REPLY_ATTEST:
		return ENDS(reply->attest.agent) && ENDS(reply->attest.role) &&
		       ENDS(reply->attest.environment) &&
		       reply->attest.agent_index < WRIT_AGENTS_MAX;
	case WRIT_REPLY_PROPOSAL:
		return proposal_is_sound(&reply->proposal);
	case WRIT_REPLY_DENIAL:
		return ENDS(reply->denial.comm) && ENDS(reply->denial.object);
	case WRIT_REPLY_NOTICE:
		return notice_is_sound(&reply->notice);
	case WRIT_REPLY_METRICS:
		return true;
	case WRIT_REPLY_DECISIONS:
		return decisions_are_sound(&reply->decisions);
	case WRIT_REPLY_PROGRAMS:
		return programs_are_sound(&reply->programs);
	}
	return false;
}

bool writ_core_row_answers(const struct writ_reply *reply, __u32 verb)
{
	const __u32 type = reply->type;

	switch (verb) {
	case WRIT_VERB_STATUS:
		return type == WRIT_REPLY_STATUS;
	case WRIT_VERB_AGENTS:
		return type == WRIT_REPLY_AGENT;
	case WRIT_VERB_ATTEST:
		return type == WRIT_REPLY_ATTEST;
	case WRIT_VERB_PROPOSE:
		return type == WRIT_REPLY_PROPOSAL || type == WRIT_REPLY_GRANT;
	case WRIT_VERB_PROPOSALS:
		return type == WRIT_REPLY_PROPOSAL;
	case WRIT_VERB_GRANTS:
	case WRIT_VERB_ISSUE:
	case WRIT_VERB_DONE:
		return type == WRIT_REPLY_GRANT;
	case WRIT_VERB_ENTER:
		return type == WRIT_REPLY_EXEC;
	case WRIT_VERB_DENIALS:
		return type == WRIT_REPLY_DENIAL;
	case WRIT_VERB_METRICS:
		return type == WRIT_REPLY_METRICS || type == WRIT_REPLY_DECISIONS ||
		       type == WRIT_REPLY_PROGRAMS;
	}
	return false;
}
