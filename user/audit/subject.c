/* SPDX-License-Identifier: Apache-2.0 */
/* See subject.h. Names come from maps that policy fills: they are escaped like all else. */
#include "audit/subject.h"

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

void writ_subject_grant(struct writ_json *json, const struct writ_grant_info *info)
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
}
