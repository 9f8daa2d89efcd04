/* SPDX-License-Identifier: Apache-2.0 */
/* The keys that name who acts and by which grant: the same in every type of line. */
#ifndef WRIT_AUDIT_SUBJECT_H
#define WRIT_AUDIT_SUBJECT_H

#include "audit/json.h"
#include "audit/line.h"

/* "agent" and "role"; null and "agent_index" for an agent that is not known (any more). */
void writ_subject_agent(struct writ_json *json, const struct writ_resolver *resolver,
			uint32_t agent);

/* "environment", if there is one. */
void writ_subject_environment(struct writ_json *json, const struct writ_resolver *resolver);

/* "playbook", "ticket" and "operator"; null each when @info is NULL. */
void writ_subject_grant(struct writ_json *json, const struct writ_grant_info *info);

#endif
