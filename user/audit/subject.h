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

/*
 * "playbook", "ticket" and "operator", null each when @info is NULL; then, each if there is one,
 * "sponsor", "approvers", "spiffe" (the id of the run) and "context".
 */
void writ_subject_grant(struct writ_json *json, const struct writ_resolver *resolver,
			const struct writ_grant_info *info);

/* "context", with the words that were given; left out when none was. */
void writ_subject_context(struct writ_json *json, const struct writ_context *context);

/* @key with what @field holds; left out when that is "". */
void writ_subject_word(struct writ_json *json, const char *key, const char *field, size_t size);

#endif
