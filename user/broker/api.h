/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operations of the API, one handler each; api_routes.c has their paths, docs/openapi.yaml what
 * they give. An agent sees what is its own; of all else it is told that there is no such thing, in
 * the same words as when there is none.
 */
#ifndef WRIT_BROKER_API_H
#define WRIT_BROKER_API_H

#include "broker/api_json.h"
#include "broker/flow.h"

#define WRIT_API_ROWS_MAX 1000u	 /* of one answer */
#define WRIT_API_ROWS 100u	 /* when ?limit= says nothing */
#define WRIT_API_DONE_SECONDS 5u /* for the core's word that a grant has ended */

/* by agents */
writ_http_handler writ_api_whoami;
writ_http_handler writ_api_done;
writ_http_handler writ_api_enter;
writ_http_handler writ_api_denials;

/* by both */
writ_http_handler writ_api_ask;
writ_http_handler writ_api_look;
writ_http_handler writ_api_withdraw;
writ_http_handler writ_api_grants;

/* by operators */
writ_http_handler writ_api_requests;
writ_http_handler writ_api_agent_denials;
writ_http_handler writ_api_metrics;

/* --- what they share --- */

/* An answer with @body, which may be NULL: out of memory is an answer, too. */
void writ_api_give(struct writ_http_answer *answer, unsigned int status, json_t *body);

void writ_api_ledger_failed(const struct writ_broker *broker, struct writ_http_answer *answer);

/* The core's refusal of an operation on a thing that the caller has. */
void writ_api_core_failed(struct writ_http_answer *answer, int err, const char *error);

/* {"request": ..., "grant": ...}: @id as the ledger has it. */
struct writ_api_found {
	uint64_t id; /* 0: there is none that the caller may see */
	enum writ_request_state state;
	uint64_t proposal;
	json_t *body; /* owned; NULL: out of memory, or none found */
};

/* @votes: what is known of them, or NULL. 0; -EIO: the ledger can't be read. */
int writ_api_find(struct writ_broker *broker, const struct writ_http_request *request, uint64_t id,
		  const struct writ_votes *votes, struct writ_api_found *ret_found);

/* What came of a request for a grant, which @request was. */
void writ_api_asked(struct writ_broker *broker, const struct writ_http_request *request,
		    const struct writ_flow_result *result, struct writ_http_answer *ret_answer);

#endif
