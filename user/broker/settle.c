/* SPDX-License-Identifier: Apache-2.0 */
/* See settle.h. First everything is read, then the ledger written: no question within another. */
#include "broker/settle.h"

#include <errno.h>
#include <string.h>

#include "broker/broker.h"
#include "broker/issue.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/time.h"

#define PAGE 1000u /* grants of the ledger that are read in one go */

/* A grant of the core's, and why it ended. */
struct held {
	uint64_t id;
	uint64_t ledger;
	enum writ_end end;
};

/* A grant that lives, says the ledger. */
struct believed {
	uint64_t id;
	uint64_t request;
	int64_t expires_at;
};

struct settlement {
	struct writ_issue *requests;	      /* ISSUING and PENDING */
	struct writ_grant_row **issued;	      /* beside each: the core's grant for it, or NULL */
	struct writ_proposal_row **proposals; /* likewise */
	size_t n_requests;
	struct held *held;
	size_t n_held;
	struct believed *believed;
	size_t n_believed;
	int err; /* the first of a visitor's */
};

static void release(struct settlement *all)
{
	for (size_t i = 0; i < all->n_requests; i++) {
		writ_issue_release(&all->requests[i]);
		free(all->issued ? all->issued[i] : NULL);
		free(all->proposals ? all->proposals[i] : NULL);
	}
	free(all->requests);
	free(all->issued);
	free(all->proposals);
	free(all->held);
	free(all->believed);
}

/* Room for one more in an array of @count; it grows by powers of two. */
static void *more(void *array, size_t count, size_t size, int *err)
{
	void *grown = array;

	if (!*err && !(count & (count - 1)))
		grown = reallocarray(array, count ? 2 * count : 1, size);
	if (!grown)
		*err = -ENOMEM;
	return grown ? grown : array;
}

static void take_request(void *context, const struct writ_ledger_request *row)
{
	struct settlement *all = context;

	all->requests = more(all->requests, all->n_requests, sizeof(*all->requests), &all->err);
	if (!all->err)
		all->err = writ_issue_copy(row, &all->requests[all->n_requests]);
	if (!all->err)
		all->n_requests++;
}

static int read_requests(struct writ_broker *broker, struct settlement *all)
{
	struct writ_ledger_filter pending = {
		.states = 1u << WRIT_REQUEST_STATE_PENDING,
		.limit = PAGE,
	};
	int err = writ_ledger_unsettled(broker->ledger, take_request, all);
	size_t before;

	do {
		before = all->n_requests;
		if (!err)
			err = writ_ledger_requests(broker->ledger, &pending, take_request, all);
		if (all->n_requests > before)
			pending.before = all->requests[all->n_requests - 1].id;
	} while (!err && !all->err && all->n_requests - before == PAGE);
	if (err || all->err)
		return err ? err : all->err;
	all->issued = calloc(all->n_requests + 1, sizeof(*all->issued));
	all->proposals = calloc(all->n_requests + 1, sizeof(*all->proposals));
	return all->issued && all->proposals ? 0 : -ENOMEM;
}

static void take_believed(void *context, const struct writ_ledger_grant *row)
{
	struct settlement *all = context;

	all->believed = more(all->believed, all->n_believed, sizeof(*all->believed), &all->err);
	if (!all->err)
		all->believed[all->n_believed++] = (struct believed){
			.id = row->id,
			.request = row->request,
			.expires_at = row->expires_at,
		};
}

static int read_believed(struct writ_broker *broker, struct settlement *all)
{
	struct writ_ledger_filter live = {.live = true, .limit = PAGE};
	int err = 0;
	size_t before;

	do {
		before = all->n_believed;
		err = writ_ledger_grants(broker->ledger, &live, take_believed, all);
		if (all->n_believed > before)
			live.before = all->believed[all->n_believed - 1].request;
	} while (!err && !all->err && all->n_believed - before == PAGE);
	return err ? err : all->err;
}

/* The row that @ledger names, if it is that of the same agent and playbook. */
static size_t find_request(const struct settlement *all, uint64_t ledger, const char *agent,
			   const char *playbook)
{
	size_t i = 0;

	while (i < all->n_requests &&
	       (all->requests[i].id != ledger || strcmp(all->requests[i].agent, agent) ||
		strcmp(all->requests[i].playbook, playbook)))
		i++;
	return i;
}

static void *keep(const void *bytes, size_t size, int *err)
{
	void *copy = malloc(size);

	if (!copy)
		*err = -ENOMEM;
	return copy ? memcpy(copy, bytes, size) : NULL;
}

static void take_held(void *context, const struct writ_reply *row)
{
	const struct writ_grant_row *grant = &row->grant;
	struct settlement *all = context;
	size_t i =
		find_request(all, grant->info.ledger, grant->info.agent_name, grant->info.playbook);

	all->held = more(all->held, all->n_held, sizeof(*all->held), &all->err);
	if (all->err)
		return;
	all->held[all->n_held++] = (struct held){
		.id = grant->info.id,
		.ledger = grant->info.ledger,
		.end = writ_issue_end(grant),
	};
	if (i < all->n_requests && !all->issued[i])
		all->issued[i] = keep(grant, sizeof(*grant), &all->err);
}

static void take_proposal(void *context, const struct writ_reply *row)
{
	const struct writ_proposal_row *proposal = &row->proposal;
	struct settlement *all = context;
	size_t i = find_request(all, proposal->ledger, proposal->agent, proposal->playbook);

	if (i < all->n_requests && !all->proposals[i])
		all->proposals[i] = keep(proposal, sizeof(*proposal), &all->err);
}

static int ask(struct writ_broker *broker, struct settlement *all, enum writ_verb verb,
	       writ_core_visitor *visitor)
{
	const struct writ_request request = {.verb = verb, .flags = WRIT_GRANTS_ENDED};
	char error[WRIT_ERROR_SIZE];
	int err = writ_core_ask(broker->core, &request, -1, visitor, all, error);

	if (err)
		return writ_log_errno(err, "%s: %s",
				      verb == WRIT_VERB_GRANTS ? "the core's grants"
							       : "the core's proposals",
				      error);
	return all->err;
}

static int by_id(const void *left, const void *right)
{
	const struct held *a = left;
	const struct held *b = right;

	return a->id < b->id ? -1 : a->id > b->id;
}

/* It was about to be asked of the core when the broker ended. */
static int settle_issuing(struct writ_broker *broker, const struct settlement *all, size_t i)
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
static int settle_pending(struct writ_broker *broker, const struct settlement *all, size_t i)
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

static int settle_requests(struct writ_broker *broker, const struct settlement *all)
{
	int err = 0;

	for (size_t i = 0; i < all->n_requests && !err; i++)
		err = all->requests[i].state == WRIT_REQUEST_STATE_PENDING
			      ? settle_pending(broker, all, i)
			      : settle_issuing(broker, all, i);
	return err;
}

/* A grant that the core has no word of is not in force: its time was up, or somebody ended it. */
static int settle_believed(struct writ_broker *broker, const struct settlement *all)
{
	int64_t now = writ_broker_now();
	int err = 0;

	for (size_t i = 0; i < all->n_believed && !err; i++) {
		const struct believed *grant = &all->believed[i];
		const struct held key = {.id = grant->id};
		const struct held *held =
			all->held ? bsearch(&key, all->held, all->n_held, sizeof(key), by_id)
				  : NULL;
		bool expired = grant->expires_at <= now;
		enum writ_end end = held      ? held->end
				    : expired ? WRIT_END_EXPIRED
					      : WRIT_END_REVOKED;

		if (end)
			err = writ_ledger_end(broker->ledger, grant->id, end, "", 0, 0,
					      expired ? grant->expires_at : now);
		if (err == -EALREADY)
			err = 0;
	}
	return err;
}

static int by_request(const void *left, const void *right)
{
	const struct believed *a = left;
	const struct believed *b = right;

	return a->request < b->request ? -1 : a->request > b->request;
}

static bool is_written(const struct settlement *all, const struct held *held)
{
	const struct believed key = {.request = held->ledger};
	const struct believed *grant =
		all->n_believed ? bsearch(&key, all->believed, all->n_believed, sizeof(key),
					  by_request)
				: NULL;

	for (size_t i = 0; !grant && i < all->n_requests; i++)
		if (all->requests[i].id == held->ledger && all->issued[i])
			return true;
	return grant && grant->id == held->id;
}

/*
 * A grant in force that names a request, and has no row here: it was issued by what was no broker,
 * or to another ledger. The broker ends no grant of its own will, so people are told.
 */
static void tell_unwritten(const struct settlement *all)
{
	for (size_t i = 0; i < all->n_held; i++) {
		const struct held *held = &all->held[i];

		if (!held->end && held->ledger && !is_written(all, held))
			writ_error("grant %llu is in force, and the ledger has no row of it: "
				   "something else was in the broker's place, or the ledger was "
				   "replaced; 'writ revoke %llu' ends it",
				   (unsigned long long)held->id, (unsigned long long)held->id);
	}
}

static int settle(struct writ_broker *broker, struct settlement *all)
{
	int err = read_requests(broker, all);

	if (!err)
		err = read_believed(broker, all);
	if (!err)
		err = ask(broker, all, WRIT_VERB_GRANTS, take_held);
	if (!err)
		err = ask(broker, all, WRIT_VERB_PROPOSALS, take_proposal);
	if (err)
		return err;
	if (all->held)
		qsort(all->held, all->n_held, sizeof(*all->held), by_id);
	if (all->believed)
		qsort(all->believed, all->n_believed, sizeof(*all->believed), by_request);
	err = settle_requests(broker, all);
	if (!err)
		tell_unwritten(all);
	return err ? err : settle_believed(broker, all);
}

int writ_settle_all(struct writ_broker *broker)
{
	_cleanup_(release) struct settlement all = {0};
	int err = settle(broker, &all);

	return err ? writ_log_errno(err, "ledger and core can't be brought together: %s",
				    err == -EIO ? writ_ledger_error(broker->ledger) : "core")
		   : 0;
}
