/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See settle_rows.h. Each row is a transaction of its own, so one that can't be written leaves the
 * others as good as they are.
 */
#include "broker/settle_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "broker/broker.h"
#include "broker/flow_core.h"
#include "lib/log.h"
#include "lib/time.h"

#define RETRY_SECONDS 10 /* for rows that can't be written */
#define ASKED_MAX 8192u	 /* grants; the core takes 20,000 packets in a second */
#define FAILURES_TOLD 8u /* of one time; of more, how many they are */

static int by_id(const void *left, const void *right)
{
	const struct writ_settle_held *a = left;
	const struct writ_settle_held *b = right;

	return a->id < b->id ? -1 : a->id > b->id;
}

/* It was about to be asked of the core when the broker ended. */
static int settle_issuing(struct writ_broker *broker, const struct writ_settlement *all, size_t i)
{
	const struct writ_issue *issue = &all->requests[i];
	const struct writ_request withdraw = {
		.verb = WRIT_VERB_WITHDRAW,
		.proposal = issue->proposal,
	};
	char error[WRIT_ERROR_SIZE];

	if (all->issued[i])
		return writ_issue_record(broker->ledger, issue, all->issued[i]);
	/* One that is approved must not be issued later: nobody would know. */
	if (issue->proposal)
		(void)writ_core_ask(broker->core, &withdraw, -1, NULL, NULL, error);
	return writ_ledger_refuse(broker->ledger, issue->id, WRIT_REFUSAL_CORE,
				  "the broker ended before it was issued", "ask again", 1,
				  writ_broker_now());
}

/* It waited for people; they may have decided, and the core may be another one. */
static int settle_pending(struct writ_broker *broker, const struct writ_settlement *all, size_t i)
{
	const struct writ_issue *issue = &all->requests[i];
	int err = all->issued[i] ? writ_ledger_issue(broker->ledger, issue->id, writ_broker_now())
				 : 0;

	if (err)
		return err;
	if (all->issued[i])
		return writ_issue_record(broker->ledger, issue, all->issued[i]);
	if (all->proposals[i])
		return writ_issue_decided(broker, all->proposals[i]);
	return writ_ledger_refuse(
		broker->ledger, issue->id, WRIT_REFUSAL_NOT_APPROVED,
		"writd forgot it: it was started anew, or nobody approved in time", "ask again", 1,
		writ_broker_now());
}

/*
 * What came of one row. It does not keep the others from being settled: it is told, and tried again
 * later. Without the core there is nothing to go on with.
 */
static int after(struct writ_broker *broker, struct writ_settlement *all, uint64_t request, int err)
{
	if (!err || writ_flow_core_lost(err))
		return err;
	if (all->n_failed++ < FAILURES_TOLD)
		writ_error("request %llu is not as the core has it, and its row can't be written: "
			   "%s; it is tried again in %d s",
			   (unsigned long long)request,
			   err == -EIO ? writ_ledger_error(broker->ledger) : strerror(-err),
			   RETRY_SECONDS);
	return 0;
}

int writ_settle_requests(struct writ_broker *broker, struct writ_settlement *all)
{
	int err = 0;

	for (size_t i = 0; i < all->n_requests && !err; i++) {
		err = all->requests[i].state == WRIT_REQUEST_STATE_PENDING
			      ? settle_pending(broker, all, i)
			      : settle_issuing(broker, all, i);
		err = after(broker, all, all->requests[i].id, err);
	}
	return err;
}

static void take_end(void *context, const struct writ_reply *row)
{
	if (row->type == WRIT_REPLY_GRANT)
		*(enum writ_end *)context = writ_issue_end(&row->grant);
}

/*
 * A grant that is not among the core's has ended, and another one has its slot: the core is asked
 * for it by its number. What it does not know any more was up by its time, or somebody ended it.
 * -errno: the core is lost.
 */
static int end_of(struct writ_broker *broker, const struct writ_settle_believed *grant, bool ask,
		  bool expired, enum writ_end *ret_end)
{
	const struct writ_request request = {.verb = WRIT_VERB_GRANTS, .grant = grant->id};
	enum writ_end end = WRIT_END_NONE;
	char error[WRIT_ERROR_SIZE];
	int err = ask ? writ_core_ask(broker->core, &request, -1, take_end, &end, error) : -ENOENT;

	if (writ_flow_core_lost(err))
		return err;
	if (err || end == WRIT_END_NONE)
		end = expired ? WRIT_END_EXPIRED : WRIT_END_REVOKED;
	*ret_end = end;
	return 0;
}

void writ_settle_believed(struct writ_broker *broker, struct writ_settlement *all)
{
	int64_t now = writ_broker_now();
	unsigned int asked = 0;

	if (all->held)
		qsort(all->held, all->n_held, sizeof(*all->held), by_id);
	for (size_t i = 0; i < all->n_believed; i++) {
		const struct writ_settle_believed *grant = &all->believed[i];
		const struct writ_settle_held key = {.id = grant->id};
		const struct writ_settle_held *held =
			all->held ? bsearch(&key, all->held, all->n_held, sizeof(key), by_id)
				  : NULL;
		bool expired = grant->expires_at <= now;
		enum writ_end end = held ? held->end : WRIT_END_NONE;
		int err = 0;

		if (!held && end_of(broker, grant, asked++ < ASKED_MAX, expired, &end))
			return; /* and the broker ends */
		if (end)
			err = writ_ledger_end(broker->ledger, grant->id, end, "", 0, 0,
					      expired ? grant->expires_at : now);
		(void)after(broker, all, grant->request, err == -EALREADY ? 0 : err);
	}
}

void writ_settle_again(struct writ_broker *broker, const struct writ_settlement *all)
{
	if (!all->n_failed)
		return;
	broker->unsettled = writ_time_boot() + RETRY_SECONDS * WRIT_NS_PER_SECOND;
	if (all->n_failed > FAILURES_TOLD)
		writ_error("%zu more rows can't be written", all->n_failed - FAILURES_TOLD);
}
