/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ledger in memory for the tests of the API: the same states and the same refusals to leave them
 * as broker/ledger.h says. Each call that writes is noted in `trace_text`, in order, beside what
 * the core was asked; the call whose name is in `ledger.broken` fails.
 */
#ifndef WRIT_TESTS_API_LEDGER_H
#define WRIT_TESTS_API_LEDGER_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/ledger.h"

#define LEDGER_ROWS 128

static struct {
	struct writ_ledger_request requests[LEDGER_ROWS];
	struct writ_ledger_grant grants[LEDGER_ROWS];
	size_t n_requests;
	uint64_t counts_in; /* row that refusals are counted in; 0: each has its own */
	unsigned int late;
	size_t n_grants;
	char *texts[LEDGER_ROWS * 24];
	size_t n_texts;
	struct writ_history history;
	const char *broken;
	bool grouped;
	bool locked; /* by somebody's sqlite3: no group can be opened */
	unsigned int groups;
	unsigned int group_fails; /* the end of that one, from 1 on: its rows are not there */
} ledger;

static int note(const char *word)
{
	if (ledger.broken && strstr(ledger.broken, word))
		return -EIO;
	trace(word);
	return 0;
}

static void ledger_keep(const char **text)
{
	char *copy = strdup(*text ? *text : "");

	ledger.texts[ledger.n_texts++] = copy;
	*text = copy;
}

static void ledger_free(void)
{
	for (size_t i = 0; i < ledger.n_texts; i++)
		free(ledger.texts[i]);
	memset(&ledger, 0, sizeof(ledger));
}

static struct writ_ledger_request *ledger_row(uint64_t id)
{
	return id && id <= ledger.n_requests ? &ledger.requests[id - 1] : NULL;
}

/* @row in one of the states @from (bits) goes on to @to. */
static int ledger_move(uint64_t id, uint32_t from, enum writ_request_state to, int64_t at)
{
	struct writ_ledger_request *row = ledger_row(id);

	if (!row)
		return -ENOENT;
	if (!(from & (1u << row->state)))
		return -EIO;
	row->state = to;
	row->decided_at = at;
	return 0;
}

#define IS(state) (1u << WRIT_REQUEST_STATE_##state)

const char *writ_ledger_error(const struct writ_ledger *unused)
{
	(void)unused;
	return "disk is full";
}

int writ_ledger_group(struct writ_ledger *unused)
{
	(void)unused;
	if (ledger.locked)
		return -EIO;
	ledger.groups += !ledger.grouped;
	ledger.grouped = true;
	return 0;
}

int writ_ledger_group_end(struct writ_ledger *unused)
{
	(void)unused;
	if (!ledger.grouped)
		return 0;
	ledger.grouped = false;
	return ledger.groups == ledger.group_fails ? -EIO : 0;
}

int writ_ledger_ask(struct writ_ledger *unused, const struct writ_ledger_request *row,
		    uint64_t *ret_id)
{
	struct writ_ledger_request *kept = &ledger.requests[ledger.n_requests];
	const char **texts[] = {&kept->agent,	   &kept->role,	  &kept->environment,
				&kept->playbook,   &kept->ticket, &kept->sponsor,
				&kept->parameters, &kept->reason, &kept->requester,
				&kept->message,	   &kept->remedy};

	(void)unused;
	if (note("ask"))
		return -EIO;
	*kept = *row;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ledger_keep(texts[i]);
	kept->state = WRIT_REQUEST_STATE_OPEN;
	*ret_id = kept->id = ++ledger.n_requests;
	return 0;
}

int writ_ledger_pend(struct writ_ledger *unused, uint64_t request, uint64_t proposal)
{
	(void)unused;
	if (note("pend"))
		return -EIO;
	if (ledger_row(request))
		ledger_row(request)->proposal = proposal;
	return ledger_move(request, IS(OPEN) | IS(PENDING) | IS(ISSUING),
			   WRIT_REQUEST_STATE_PENDING, 0);
}

int writ_ledger_refuse(struct writ_ledger *unused, uint64_t request, enum writ_refusal refusal,
		       const char *message, const char *remedy, uint32_t retry_after, int64_t at)
{
	struct writ_ledger_request *row = ledger_row(request);
	int err;

	(void)unused;
	if (note("refuse"))
		return -EIO;
	err = ledger_move(request, IS(OPEN) | IS(PENDING) | IS(ISSUING),
			  refusal ? WRIT_REQUEST_STATE_REFUSED : WRIT_REQUEST_STATE_WITHDRAWN, at);
	if (err)
		return err;
	row->refusal = refusal;
	row->message = message;
	row->remedy = remedy;
	row->retry_after = retry_after;
	ledger_keep(&row->message);
	ledger_keep(&row->remedy);
	return 0;
}

int writ_ledger_repeat(struct writ_ledger *unused, const char *agent, enum writ_refusal refusal,
		       int64_t at, uint64_t *ret_id)
{
	(void)unused;
	assert_int_not_equal(refusal, WRIT_REFUSAL_NONE);
	assert_true(*agent);
	if (!ledger.counts_in) /* nothing is written */
		return 0;
	if (note("repeat"))
		return -EIO;
	*ret_id = ledger.counts_in;
	ledger_row(ledger.counts_in)->repeats++;
	ledger_row(ledger.counts_in)->repeated_at = at;
	return -EALREADY;
}

int writ_ledger_late(struct writ_ledger *unused, const char *agent)
{
	(void)unused;
	assert_true(*agent);
	ledger.late++;
	return 0;
}

int writ_ledger_issue(struct writ_ledger *unused, uint64_t request, int64_t at)
{
	(void)unused;
	if (note("issue"))
		return -EIO;
	return ledger_move(request, IS(OPEN) | IS(PENDING), WRIT_REQUEST_STATE_ISSUING, at);
}

int writ_ledger_ask_issue(struct writ_ledger *unused, const struct writ_ledger_request *row,
			  int64_t at, uint64_t *ret_id)
{
	int err = writ_ledger_ask(unused, row, ret_id);

	return err ? err : writ_ledger_issue(unused, *ret_id, at);
}

int writ_ledger_grant(struct writ_ledger *unused, const struct writ_ledger_grant *grant)
{
	struct writ_ledger_grant *kept = &ledger.grants[ledger.n_grants];
	const char **texts[] = {&kept->agent,	  &kept->role,	   &kept->environment,
				&kept->playbook,  &kept->ticket,   &kept->sponsor,
				&kept->requester, &kept->ended_by, &kept->parameters,
				&kept->approvers, &kept->boot};
	int err;

	(void)unused;
	if (note("grant"))
		return -EIO;
	err = ledger_move(grant->request, IS(ISSUING), WRIT_REQUEST_STATE_GRANTED,
			  grant->issued_at);
	if (err)
		return err;
	*kept = *grant;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ledger_keep(texts[i]);
	ledger_row(grant->request)->grant = grant->id;
	ledger.n_grants++;
	return 0;
}

int writ_ledger_request(struct writ_ledger *unused, uint64_t id,
			writ_ledger_request_visitor *visitor, void *context)
{
	(void)unused;
	if (ledger.broken && strstr(ledger.broken, "read"))
		return -EIO;
	if (!ledger_row(id))
		return -ENOENT;
	visitor(context, ledger_row(id));
	return 0;
}

static bool chosen(const char *wanted, const char *text)
{
	return !wanted || !*wanted || !strcmp(wanted, text);
}

int writ_ledger_requests(struct writ_ledger *unused, const struct writ_ledger_filter *filter,
			 writ_ledger_request_visitor *visitor, void *context)
{
	uint32_t left = filter->limit;

	(void)unused;
	if (ledger.broken && strstr(ledger.broken, "read"))
		return -EIO;
	for (size_t i = ledger.n_requests; i > 0 && left; i--) {
		const struct writ_ledger_request *row = &ledger.requests[i - 1];

		if (!chosen(filter->agent, row->agent) || !chosen(filter->ticket, row->ticket) ||
		    !chosen(filter->playbook, row->playbook) || row->asked_at < filter->since ||
		    (filter->before && row->id >= filter->before) ||
		    (filter->states && !(filter->states & (1u << row->state))))
			continue;
		visitor(context, row);
		left--;
	}
	return 0;
}

int writ_ledger_grants(struct writ_ledger *unused, const struct writ_ledger_filter *filter,
		       writ_ledger_grant_visitor *visitor, void *context)
{
	uint32_t left = filter->limit;

	(void)unused;
	if (ledger.broken && strstr(ledger.broken, "read"))
		return -EIO;
	for (size_t i = ledger.n_grants; i > 0 && left; i--) {
		const struct writ_ledger_grant *row = &ledger.grants[i - 1];

		if (!chosen(filter->agent, row->agent) || !chosen(filter->ticket, row->ticket) ||
		    !chosen(filter->playbook, row->playbook) || row->issued_at < filter->since ||
		    (filter->before && row->request >= filter->before) ||
		    (filter->request && row->request != filter->request) ||
		    (filter->live && row->ended_at))
			continue;
		visitor(context, row);
		left--;
	}
	return 0;
}

int writ_ledger_history(struct writ_ledger *unused, const char *agent, const char *playbook,
			int64_t rate_since, struct writ_history *ret_history)
{
	(void)unused;
	(void)agent;
	(void)playbook;
	(void)rate_since;
	if (ledger.broken && strstr(ledger.broken, "history"))
		return -EIO;
	*ret_history = ledger.history;
	return 0;
}

#endif
