/* SPDX-License-Identifier: Apache-2.0 */
/* See flow_row.h. */
#include "broker/flow_row.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>

#include "broker/api_json.h"
#include "compile/policy.h"

/* An operator's name; a user whom the system does not know (any more) is its number. */
static void name_user(uint32_t uid, char ret_name[WRIT_NAME_SIZE])
{
	const struct passwd *user = getpwuid(uid);

	if (user)
		(void)snprintf(ret_name, WRIT_NAME_SIZE, "%s", user->pw_name);
	else
		(void)snprintf(ret_name, WRIT_NAME_SIZE, "uid %u", uid);
}

int writ_flow_row_fill(const struct writ_policy *policy, const struct writ_flow_asker *asker,
		       const struct writ_request *request, int64_t now,
		       struct writ_flow_row *ret_row)
{
	const struct writ_attest_row *caller = asker->caller;
	const struct writ_policy_agent *agent = NULL;
	char *parameters = writ_api_parameters(request);

	if (!parameters)
		return -ENOMEM;
	if (asker->by_operator && policy)
		agent = writ_policy_agent(policy, request->agent);
	ret_row->parameters = parameters;
	ret_row->requester[0] = '\0';
	if (asker->by_operator)
		name_user(caller->uid, ret_row->requester);
	ret_row->row = (struct writ_ledger_request){
		.asked_at = now,
		.state = WRIT_REQUEST_STATE_OPEN,
		.uid = caller->uid,
		.pid = caller->pid,
		.by_operator = asker->by_operator,
		.run = caller->run,
		.ttl_ns = request->ttl_ns,
		.delay_ns = request->delay_ns,
		.agent = request->agent,
		.role = asker->by_operator ? (agent ? agent->role->name : "") : caller->role,
		.environment = asker->by_operator ? (agent ? agent->environment : "")
						  : caller->environment,
		.playbook = request->playbook,
		.parameters = parameters,
		.ticket = request->ticket,
		.sponsor = request->sponsor,
		.reason = request->reason,
		.requester = ret_row->requester,
		.message = "",
		.remedy = "",
		.context = request->context,
	};
	return 0;
}

void writ_flow_row_release(struct writ_flow_row *row)
{
	free(row->parameters);
	row->parameters = NULL;
}

void writ_flow_row_grant(const struct writ_grant_row *grant,
			 const struct writ_ledger_request *request, int64_t offset,
			 struct writ_ledger_grant *ret_row)
{
	const struct writ_grant_info *info = &grant->info;

	*ret_row = (struct writ_ledger_grant){
		.id = info->id,
		.request = request->id,
		.boot = "", /* the ledger's own */
		.issued_at = (int64_t)info->issued + offset,
		.begins_at = (int64_t)info->not_before + offset,
		.expires_at = (int64_t)info->expires + offset,
		.end = WRIT_END_NONE,
		.clip = grant->clip,
		.scope = info->scope,
		.break_glass = info->break_glass,
		.ended_by = "",
		.agent = info->agent_name,
		.role = info->role_name,
		.environment = request->environment,
		.playbook = info->playbook,
		.parameters = request->parameters,
		.ticket = info->ticket,
		.sponsor = info->sponsor,
		.requester = info->operator_name,
		.approvers = info->approvers,
		.context = info->context,
	};
}
