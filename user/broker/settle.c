/* SPDX-License-Identifier: Apache-2.0 */
/* See settle.h. First everything is read, then the ledger written: no question within another. */
#include "broker/settle.h"

#include <errno.h>
#include <string.h>

#include "broker/broker.h"
#include "broker/settle_rows.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/time.h"

#define PAGE 1000u /* grants of the ledger that are read in one go */

static void release(struct writ_settlement *all)
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
	struct writ_settlement *all = context;

	all->requests = more(all->requests, all->n_requests, sizeof(*all->requests), &all->err);
	if (!all->err)
		all->err = writ_issue_copy(row, &all->requests[all->n_requests]);
	if (!all->err)
		all->n_requests++;
}

static int read_requests(struct writ_broker *broker, struct writ_settlement *all)
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
	struct writ_settlement *all = context;

	all->believed = more(all->believed, all->n_believed, sizeof(*all->believed), &all->err);
	if (!all->err)
		all->believed[all->n_believed++] = (struct writ_settle_believed){
			.id = row->id,
			.request = row->request,
			.expires_at = row->expires_at,
		};
}

static int read_believed(struct writ_broker *broker, struct writ_settlement *all)
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
static size_t find_request(const struct writ_settlement *all, uint64_t ledger, const char *agent,
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
	struct writ_settlement *all = context;
	size_t i =
		find_request(all, grant->info.ledger, grant->info.agent_name, grant->info.playbook);

	all->held = more(all->held, all->n_held, sizeof(*all->held), &all->err);
	if (all->err)
		return;
	all->held[all->n_held++] = (struct writ_settle_held){
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
	struct writ_settlement *all = context;
	size_t i = find_request(all, proposal->ledger, proposal->agent, proposal->playbook);

	if (i < all->n_requests && !all->proposals[i])
		all->proposals[i] = keep(proposal, sizeof(*proposal), &all->err);
}

/* Rows that something else in this place has used up are left out. */
static void take_status(void *context, const struct writ_reply *row)
{
	struct writ_settlement *all = context;

	all->row = row->status.row;
	all->has_row = true;
}

static const char *what_of(enum writ_verb verb)
{
	switch (verb) {
	case WRIT_VERB_GRANTS:
		return "the core's grants";
	case WRIT_VERB_PROPOSALS:
		return "the core's proposals";
	default:
		return "the core's state";
	}
}

static int ask(struct writ_broker *broker, struct writ_settlement *all, enum writ_verb verb,
	       writ_core_visitor *visitor)
{
	const struct writ_request request = {.verb = verb, .flags = WRIT_GRANTS_ENDED};
	char error[WRIT_ERROR_SIZE];
	int err = writ_core_ask(broker->core, &request, -1, visitor, all, error);

	if (err)
		return writ_log_errno(err, "%s: %s", what_of(verb), error);
	return all->err;
}

static int by_request(const void *left, const void *right)
{
	const struct writ_settle_believed *a = left;
	const struct writ_settle_believed *b = right;

	return a->request < b->request ? -1 : a->request > b->request;
}

static bool is_written(const struct writ_settlement *all, const struct writ_settle_held *held)
{
	const struct writ_settle_believed key = {.request = held->ledger};
	const struct writ_settle_believed *grant =
		all->n_believed
			? bsearch(&key, all->believed, all->n_believed, sizeof(key), by_request)
			: NULL;

	for (size_t i = 0; !grant && i < all->n_requests; i++)
		if (all->requests[i].id == held->ledger && all->issued[i])
			return true;
	return grant && grant->id == held->id;
}

/*
 * A grant in force that has no row here: it was issued by what was no broker, or to another ledger.
 * The broker ends no grant of its own will, so people are told.
 */
static void tell_unwritten(const struct writ_settlement *all)
{
	for (size_t i = 0; i < all->n_held; i++) {
		const struct writ_settle_held *held = &all->held[i];

		if (!held->end && !is_written(all, held))
			writ_error("grant %llu is in force, and the ledger has no row of it: "
				   "something else was in the broker's place, or the ledger was "
				   "replaced; 'writ revoke %llu' ends it",
				   (unsigned long long)held->id, (unsigned long long)held->id);
	}
}

static int go_on(struct writ_broker *broker, struct writ_settlement *all)
{
	int err = ask(broker, all, WRIT_VERB_STATUS, take_status);

	if (!err && !all->has_row)
		err = -EPROTO;
	if (!err)
		writ_ledger_go_on(broker->ledger, all->row);
	return err;
}

static int settle(struct writ_broker *broker, struct writ_settlement *all)
{
	int err = go_on(broker, all);

	if (!err)
		err = read_requests(broker, all);
	if (!err)
		err = read_believed(broker, all);
	if (!err)
		err = ask(broker, all, WRIT_VERB_GRANTS, take_held);
	if (!err)
		err = ask(broker, all, WRIT_VERB_PROPOSALS, take_proposal);
	if (err)
		return err;
	if (all->believed)
		qsort(all->believed, all->n_believed, sizeof(*all->believed), by_request);
	err = writ_settle_requests(broker, all);
	if (err)
		return err;
	tell_unwritten(all);
	writ_settle_believed(broker, all);
	return 0;
}

int writ_settle_all(struct writ_broker *broker)
{
	_cleanup_(release) struct writ_settlement all = {0};
	int err = settle(broker, &all);

	writ_settle_again(broker, &all);
	return err ? writ_log_errno(err, "ledger and core can't be brought together: %s",
				    err == -EIO ? writ_ledger_error(broker->ledger) : "core")
		   : 0;
}
