/* SPDX-License-Identifier: Apache-2.0 */
/* See subject.h. Names come from maps that policy fills: they are escaped like all else. */
#include "audit/subject.h"

#include <stdio.h>

void writ_subject_agent(struct writ_json *json, const struct writ_resolver *resolver,
			uint32_t agent)
{
	const struct writ_agent *found = resolver->agent(resolver->context, agent);

	if (!found || !found->name[0]) {
		writ_json_word(json, "agent", NULL);
		writ_json_unsigned(json, "agent_index", agent);
		return;
	}
	writ_json_field(json, "agent", found->name, sizeof(found->name));
	writ_json_field(json, "role", found->role_name, sizeof(found->role_name));
}

void writ_subject_environment(struct writ_json *json, const struct writ_resolver *resolver)
{
	if (resolver->environment && *resolver->environment)
		writ_json_field(json, "environment", resolver->environment, WRIT_NAME_SIZE);
}

void writ_subject_word(struct writ_json *json, const char *key, const char *field, size_t size)
{
	if (field[0])
		writ_json_field(json, key, field, size);
}

void writ_subject_context(struct writ_json *json, const struct writ_context *context)
{
	if (!context->session[0] && !context->prompt[0] && !context->tool_call[0] &&
	    !context->parent[0])
		return;
	writ_json_open(json, "context", '{');
	writ_subject_word(json, "session", context->session, WRIT_CONTEXT_SIZE);
	writ_subject_word(json, "prompt", context->prompt, WRIT_CONTEXT_SIZE);
	writ_subject_word(json, "tool_call", context->tool_call, WRIT_CONTEXT_SIZE);
	writ_subject_word(json, "parent", context->parent, WRIT_CONTEXT_SIZE);
	writ_json_close(json, '}');
}

/* A trust domain is never empty: where the node has no environment there is no id. */
static void put_spiffe(struct writ_json *json, const struct writ_resolver *resolver,
		       const struct writ_grant_info *info)
{
	char id[WRIT_SPIFFE_SIZE];

	if (!resolver->environment || !*resolver->environment)
		return;
	(void)snprintf(id, sizeof(id), "spiffe://%.*s/agent/%.*s/run/%llu", WRIT_NAME_SIZE - 1,
		       resolver->environment, WRIT_NAME_SIZE - 1, info->agent_name,
		       (unsigned long long)info->id);
	writ_json_field(json, "spiffe", id, sizeof(id));
}

void writ_subject_grant(struct writ_json *json, const struct writ_resolver *resolver,
			const struct writ_grant_info *info)
{
	if (!info) {
		writ_json_word(json, "playbook", NULL);
		writ_json_word(json, "ticket", NULL);
		writ_json_word(json, "operator", NULL);
		return;
	}
	writ_json_field(json, "playbook", info->playbook, sizeof(info->playbook));
	writ_json_field(json, "ticket", info->ticket, sizeof(info->ticket));
	writ_json_field(json, "operator", info->operator_name, sizeof(info->operator_name));
	writ_subject_word(json, "sponsor", info->sponsor, sizeof(info->sponsor));
	writ_subject_word(json, "approvers", info->approvers, sizeof(info->approvers));
	put_spiffe(json, resolver, info);
	writ_subject_context(json, &info->context);
}
