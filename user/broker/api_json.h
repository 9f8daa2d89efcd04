/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of the ledger and of the core -> JSON, as docs/openapi.yaml says. Every object has all of
 * its keys always. What is not known is null. NULL: out of memory, never half a row.
 */
#ifndef WRIT_BROKER_API_JSON_H
#define WRIT_BROKER_API_JSON_H

#include <jansson.h>

#include "broker/evaluate.h"
#include "compile/remedy.h"

#define WRIT_VOTES_UNKNOWN UINT32_MAX

/* Approvals of a request that is pending; both unknown for all others. */
struct writ_votes {
	uint32_t needed;
	uint32_t given; /* WRIT_VOTES_UNKNOWN: the core alone knows */
};

json_t *writ_api_request(const struct writ_ledger_request *row, const struct writ_votes *votes);

/* @now: wall ns; what the row does not say of its end follows from it. */
json_t *writ_api_grant(const struct writ_ledger_grant *row, int64_t now);

/* @offset: wall clock minus boot time, ns. */
json_t *writ_api_denial(const struct writ_denial_row *row, const struct writ_remedy *remedy,
			int64_t offset);

/* What @agent may ask for, by role, environment and risk: playbooks with their parameters. */
json_t *writ_api_playbooks(const struct writ_policy *policy, const struct writ_policy_agent *agent);

/* @text, or, if that is no UTF-8, its escaped form; NULL is "". */
json_t *writ_api_text(const char *text);

json_t *writ_api_spiffe(const char *environment, const char *agent, uint64_t grant);

/* Sets @key to @value, which may be NULL; then *@object becomes NULL, as it is when it was. */
void writ_api_put(json_t **object, const char *key, json_t *value);

/* The parameters of @request as the ledger keeps them: JSON text, owned by the caller. */
char *writ_api_parameters(const struct writ_request *request);

const char *writ_api_state(enum writ_request_state state);
const char *writ_api_end(enum writ_end end);

static inline void writ_api_releasep(json_t **json)
{
	json_decref(*json);
}

#define _cleanup_json_ __attribute__((cleanup(writ_api_releasep)))

#endif
