/* SPDX-License-Identifier: Apache-2.0 */
/* What the broker is told without having asked, with its record; and what of it time brings. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/callers.h"
#include "daemon/daemon.h"
#include "lib/log.h"
#include "lib/time.h"

void writ_notices_send(struct writ_daemon *daemon, enum writ_notice notice, const char *by,
		       const char *agent)
{
	struct writ_notice_row row = {.notice = notice, .time_ns = writ_time_boot()};

	(void)snprintf(row.by, sizeof(row.by), "%s", by ? by : "");
	(void)snprintf(row.proposal.agent, sizeof(row.proposal.agent), "%s", agent ? agent : "");
	writ_serve_notice(daemon, &row);
}

/* The request that it was has come to nothing; the broker says the same in its ledger. */
static void record_end(struct writ_daemon *daemon, enum writ_proposal_event event,
		       const struct writ_proposal *proposal, const char *by)
{
	enum writ_refusal refusal = WRIT_REFUSAL_NOT_APPROVED;

	if (event == WRIT_PROPOSAL_EVENT_REFUSED)
		refusal = WRIT_REFUSAL_DENIED;
	else if (event != WRIT_PROPOSAL_EVENT_GONE)
		return;
	else if (by) /* the policy, or the broker for who asked */
		refusal = strcmp(by, "broker") ? WRIT_REFUSAL_CORE : WRIT_REFUSAL_NONE;
	(void)writ_requests_decided(daemon, proposal, refusal);
}

/* One that waits for further approvals is nothing to the broker. */
void writ_notices_proposal(struct writ_daemon *daemon, enum writ_proposal_event event,
			   const struct writ_proposal *proposal, const char *by)
{
	struct writ_notice_row row = {
		.notice = WRIT_NOTICE_PROPOSAL,
		.time_ns = writ_time_boot(),
		.proposal = proposal->row,
	};

	(void)snprintf(row.by, sizeof(row.by), "%s", by ? by : "");
	writ_notes_proposal(daemon, event, &proposal->row, &proposal->request.context, by);
	record_end(daemon, event, proposal, by);
	if (event != WRIT_PROPOSAL_EVENT_PROPOSED && row.proposal.state != WRIT_PROPOSAL_PENDING)
		writ_serve_notice(daemon, &row);
}

/* @why: for the requester; NULL when it is only old. */
static void let_go(struct writ_daemon *daemon, struct writ_proposal *proposal, const char *by,
		   const char *why)
{
	struct writ_proposal_row *row = &proposal->row;

	if (row->state != WRIT_PROPOSAL_REFUSED) { /* which was told when it came to be */
		row->state = WRIT_PROPOSAL_GONE;
		(void)snprintf(row->answer, sizeof(row->answer), "%.*s",
			       (int)sizeof(row->answer) - 1, why);
		writ_notices_proposal(daemon, WRIT_PROPOSAL_EVENT_GONE, proposal, by);
	}
	writ_proposals_drop(&daemon->proposals, proposal);
}

void writ_notices_age(struct writ_daemon *daemon)
{
	uint64_t now = writ_time_boot();

	for (struct writ_proposal *at = daemon->proposals.first, *next; at; at = next) {
		next = at->next;
		if (now >= at->row.until_ns)
			let_go(daemon, at, NULL, "nobody approved it in time");
	}
}

static void judge_all(struct writ_daemon *daemon)
{
	char error[WRIT_ERROR_SIZE];

	for (struct writ_proposal *at = daemon->proposals.first, *next; at; at = next) {
		int err;

		next = at->next;
		error[0] = '\0';
		err = writ_proposals_judge(daemon->policy, at, NULL, error);
		if (err && err != -EAGAIN && err != -ECANCELED && err != -ENOMEM)
			let_go(daemon, at, "policy", error);
		else if (!err) /* perhaps it needs no approval any more */
			writ_notices_proposal(daemon, WRIT_PROPOSAL_EVENT_APPROVED, at, "policy");
	}
}

static void own_socket(const struct writ_daemon *daemon, int fd, const char *path)
{
	int err = fd < 0 ? 0 : writ_callers_own_socket(daemon->policy, path);

	if (err)
		(void)writ_log_errno(err, "%s can't be given to the operators' group", path);
}

void writ_notices_policy(struct writ_daemon *daemon)
{
	if (!daemon->policy)
		return;
	judge_all(daemon);
	own_socket(daemon, daemon->listener, daemon->options.socket);
	own_socket(daemon, daemon->broker.operators, daemon->options.operator_socket);
	own_socket(daemon, daemon->forward.live, daemon->options.audit_socket);
	writ_supervise_renew(&daemon->broker.child.supervision);
	writ_notices_send(daemon, WRIT_NOTICE_POLICY, NULL, NULL);
}
