/* SPDX-License-Identifier: Apache-2.0 */
/* See issue.h. */
#include "broker/issue.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "broker/broker.h"
#include "broker/flow_core.h"
#include "broker/flow_record.h"
#include "broker/flow_row.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/time.h"

int writ_issue_copy(const struct writ_ledger_request *row, struct writ_issue *ret_issue)
{
	struct writ_issue issue = {
		.id = row->id,
		.proposal = row->proposal,
		.state = row->state,
		.environment = strdup(row->environment),
		.parameters = strdup(row->parameters),
	};

	(void)snprintf(issue.agent, sizeof(issue.agent), "%s", row->agent);
	(void)snprintf(issue.playbook, sizeof(issue.playbook), "%s", row->playbook);
	if (!issue.environment || !issue.parameters) {
		writ_issue_release(&issue);
		return -ENOMEM;
	}
	*ret_issue = issue;
	return 0;
}

void writ_issue_release(struct writ_issue *issue)
{
	free(issue->environment);
	free(issue->parameters);
	*issue = (struct writ_issue){0};
}

enum writ_end writ_issue_end(const struct writ_grant_row *grant)
{
	if (grant->info.end)
		return grant->info.end;
	switch (grant->state) {
	case WRIT_GRANT_STATE_EXPIRED:
		return WRIT_END_EXPIRED;
	case WRIT_GRANT_STATE_REVOKED:
		return WRIT_END_REVOKED;
	case WRIT_GRANT_STATE_COMPLETED:
		return WRIT_END_COMPLETED;
	case WRIT_GRANT_STATE_USED_UP:
		return WRIT_END_USED_UP;
	}
	return WRIT_END_NONE;
}

int writ_issue_record(struct writ_ledger *ledger, const struct writ_issue *issue,
		      const struct writ_grant_row *grant)
{
	const struct writ_ledger_request request = {
		.id = issue->id,
		.environment = issue->environment,
		.parameters = issue->parameters,
	};
	enum writ_end end = writ_issue_end(grant);
	struct writ_ledger_grant row = {0};
	int err;

	writ_flow_row_grant(grant, &request, writ_time_offset(), &row);
	err = writ_ledger_grant(ledger, &row);
	if (!err && end)
		err = writ_ledger_end(ledger, row.id, end, "", 0, 0, writ_broker_now());
	return err == -EALREADY ? 0 : err;
}

static void take_request(void *context, const struct writ_ledger_request *row)
{
	(void)writ_issue_copy(row, context);
}

struct answer {
	struct writ_grant_row grant;
	bool found;
};

static void take_grant(void *context, const struct writ_reply *row)
{
	struct answer *answer = context;

	answer->grant = row->grant;
	answer->found = true;
}

static int refuse(struct writ_broker *broker, const struct writ_issue *issue,
		  enum writ_refusal refusal, const char *message)
{
	return writ_ledger_refuse(broker->ledger, issue->id, refusal, message, "", 0,
				  writ_broker_now());
}

static int issue_now(struct writ_broker *broker, const struct writ_issue *issue)
{
	const struct writ_request request = {
		.verb = WRIT_VERB_ISSUE,
		.proposal = issue->proposal,
		.ledger = issue->id,
	};
	struct answer answer = {.found = false};
	char error[WRIT_ERROR_SIZE];
	int err = writ_ledger_issue(broker->ledger, issue->id, writ_broker_now());

	if (err)
		return err;
	err = writ_core_ask(broker->core, &request, -1, take_grant, &answer, error);
	if (!err && !answer.found)
		err = -EPROTO;
	if (!err)
		return writ_issue_record(broker->ledger, issue, &answer.grant);
	if (writ_flow_core_lost(err)) /* it may have been issued: settling will tell */
		return err;
	writ_warning("request %llu was approved and not issued: %s", (unsigned long long)issue->id,
		     error);
	writ_flow_record_proposal(broker, issue->proposal, writ_flow_core_refusal(err));
	return refuse(broker, issue, writ_flow_core_refusal(err), error);
}

static int approved(struct writ_broker *broker, const struct writ_issue *issue,
		    const struct writ_proposal_row *proposal)
{
	char names[sizeof(proposal->approvers)];
	char *rest = names;
	int err = 0;

	memcpy(names, proposal->approvers, sizeof(names));
	for (char *name = strsep(&rest, ","); name && !err; name = strsep(&rest, ","))
		if (*name)
			err = writ_ledger_vote(broker->ledger, issue->id, name, true, "",
					       writ_broker_now());
	return err ? err : issue_now(broker, issue);
}

static int denied(struct writ_broker *broker, const struct writ_issue *issue,
		  const struct writ_proposal_row *proposal)
{
	char message[sizeof(proposal->approvers) + sizeof(proposal->answer) + 32];
	int err = writ_ledger_vote(broker->ledger, issue->id, proposal->approvers, false,
				   proposal->answer, writ_broker_now());

	(void)snprintf(message, sizeof(message), "%s refused it%s%s",
		       *proposal->approvers ? proposal->approvers : "an operator",
		       *proposal->answer ? ": " : "", proposal->answer);
	return err ? err : refuse(broker, issue, WRIT_REFUSAL_DENIED, message);
}

static int gone(struct writ_broker *broker, const struct writ_issue *issue,
		const struct writ_proposal_row *proposal)
{
	bool is_old = proposal->until_ns && writ_time_boot() >= proposal->until_ns;

	if (*proposal->answer && !is_old)
		return refuse(broker, issue, WRIT_REFUSAL_CORE, proposal->answer);
	return refuse(broker, issue, WRIT_REFUSAL_NOT_APPROVED, "nobody approved it in time");
}

static int decide(struct writ_broker *broker, const struct writ_issue *issue,
		  const struct writ_proposal_row *proposal)
{
	/* Another core's proposal, or one that is decided already. */
	if (issue->state != WRIT_REQUEST_STATE_PENDING || issue->proposal != proposal->proposal)
		return 0;
	switch (proposal->state) {
	case WRIT_PROPOSAL_READY:
		return approved(broker, issue, proposal);
	case WRIT_PROPOSAL_REFUSED:
		return denied(broker, issue, proposal);
	case WRIT_PROPOSAL_GONE:
		return gone(broker, issue, proposal);
	}
	return 0;
}

int writ_issue_decided(struct writ_broker *broker, const struct writ_proposal_row *proposal)
{
	_cleanup_(writ_issue_release) struct writ_issue issue = {0};
	int err = writ_ledger_request(broker->ledger, proposal->ledger, take_request, &issue);

	if (err == -ENOENT)
		return 0; /* of a ledger that is no more */
	if (!err && !issue.id)
		err = -ENOMEM;
	if (!err)
		err = decide(broker, &issue, proposal);
	if (err)
		return writ_log_errno(err, "the decision of request %llu: %s",
				      (unsigned long long)proposal->ledger,
				      err == -EIO ? writ_ledger_error(broker->ledger) : "core");
	return 0;
}
