/* SPDX-License-Identifier: Apache-2.0 */
/* See api.h: answers that all operations share, and a request with its grant. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "broker/api.h"
#include "compile/policy.h"

void writ_api_give(struct writ_http_answer *answer, unsigned int status, json_t *body)
{
	if (!body) {
		writ_http_refuse(answer, WRIT_REFUSAL_UNAVAILABLE, "out of memory", "", 1);
		return;
	}
	answer->status = status;
	answer->body = body;
}

void writ_api_ledger_failed(const struct writ_broker *broker, struct writ_http_answer *answer)
{
	char message[WRIT_MESSAGE_SIZE];

	(void)snprintf(message, sizeof(message), "the ledger can't be read: %s",
		       writ_ledger_error(broker->ledger));
	writ_http_refuse(answer, WRIT_REFUSAL_UNAVAILABLE, message, "", 1);
}

void writ_api_core_failed(struct writ_http_answer *answer, int err, const char *error)
{
	if (err == -EPIPE || err == -ETIMEDOUT || err == -EPROTO)
		writ_http_refuse(answer, WRIT_REFUSAL_UNAVAILABLE, error, "", 1);
	else
		writ_http_fail(answer, WRIT_HTTP_ERROR_CONFLICT, error, "");
}

struct find {
	const struct writ_broker *broker;
	const struct writ_http_request *request;
	const struct writ_votes *votes;
	struct writ_api_found *found;
};

/* What the policy on disk asks for; how many there are the core alone knows. */
static struct writ_votes votes_of(const struct writ_broker *broker,
				  const struct writ_ledger_request *row)
{
	struct writ_votes votes = {WRIT_VOTES_UNKNOWN, WRIT_VOTES_UNKNOWN};
	const struct writ_policy_playbook *playbook = NULL;

	if (row->state == WRIT_REQUEST_STATE_PENDING && broker->policy)
		playbook = writ_policy_playbook(broker->policy, row->playbook);
	if (playbook)
		votes.needed = playbook->approvals;
	return votes;
}

static bool may_see(const struct writ_http_request *request, const char *agent)
{
	return request->operators ||
	       (*request->caller->agent && !strcmp(request->caller->agent, agent));
}

static void visit_request(void *context, const struct writ_ledger_request *row)
{
	struct find *find = context;
	struct writ_votes votes = votes_of(find->broker, row);

	if (!may_see(find->request, row->agent))
		return;
	find->found->id = row->id;
	find->found->state = row->state;
	find->found->proposal = row->proposal;
	find->found->body = json_object();
	writ_api_put(&find->found->body, "request",
		     writ_api_request(row, find->votes ? find->votes : &votes));
}

static void visit_grant(void *context, const struct writ_ledger_grant *row)
{
	struct find *find = context;

	writ_api_put(&find->found->body, "grant", writ_api_grant(row, writ_broker_now()));
}

int writ_api_find(struct writ_broker *broker, const struct writ_http_request *request, uint64_t id,
		  const struct writ_votes *votes, struct writ_api_found *ret_found)
{
	struct find find = {broker, request, votes, ret_found};
	const struct writ_ledger_filter filter = {.request = id, .limit = 1};
	int err;

	*ret_found = (struct writ_api_found){0};
	err = writ_ledger_request(broker->ledger, id, visit_request, &find);
	if (!err && ret_found->state == WRIT_REQUEST_STATE_GRANTED)
		err = writ_ledger_grants(broker->ledger, &filter, visit_grant, &find);
	if (!err || err == -ENOENT)
		return 0;
	json_decref(ret_found->body);
	*ret_found = (struct writ_api_found){0};
	return err;
}
