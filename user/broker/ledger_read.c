/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows out, and what evaluation must know of the past. A list names the index that it walks, the
 * one that leaves the fewest rows: SQLite would have to guess, and a wrong guess reads a million.
 */
#include "broker/ledger.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "broker/ledger_sql.h"

#define LIMIT_DEFAULT 1000u
#define TEXT_SIZE 2048u /* add() makes at most half of it, by what the two lists below are */

/* Where a list comes from. Its key grows with age, so newest first is by it. */
struct list {
	const char *select;
	const char *before; /* those below the row that is named */
	const char *since;  /* lower bound by `clock`, then the row's own time */
	const char *order;
	const char *live; /* NULL: it has no such rows */
};

static const struct list requests = {
	.select = "SELECT " WRIT_LEDGER_REQUEST_COLUMNS " FROM requests",
	.before = " AND id < ?",
	.since = " AND id >= (SELECT r.id FROM requests AS r WHERE r.clock >= ? "
		 "ORDER BY r.clock, r.id LIMIT 1) AND asked_at >= ?",
	.order = " ORDER BY id DESC LIMIT ?",
};
static const struct list grants = {
	.select = "SELECT " WRIT_LEDGER_GRANT_COLUMNS " FROM grants",
	.before = " AND n < (SELECT g.n FROM grants AS g WHERE g.request = ?)",
	.since = " AND n >= (SELECT g.n FROM grants AS g WHERE g.clock >= ? "
		 "ORDER BY g.clock, g.n LIMIT 1) AND issued_at >= ?",
	.order = " ORDER BY n DESC LIMIT ?",
	.live = " AND ended_at = 0",
};

static void add(char text[TEXT_SIZE], const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void add(char text[TEXT_SIZE], const char *format, ...)
{
	size_t used = strlen(text);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text + used, TEXT_SIZE - used, format, args);
	va_end(args);
}

static bool given(const char *text)
{
	return text && *text;
}

static bool is_live(const struct list *list, const struct writ_ledger_filter *filter)
{
	return list->live && filter->live;
}

static bool of_request(const struct list *list, const struct writ_ledger_filter *filter)
{
	return list == &grants && filter->request;
}

static uint32_t states_of(const struct list *list, const struct writ_ledger_filter *filter)
{
	uint32_t all = (1u << WRIT_REQUEST_STATE_COUNT) - 1;

	return list == &requests && (filter->states & all) != all ? filter->states & all : 0;
}

/* A ticket has few rows, few rows are live or undecided; an agent has fewer than a playbook. */
static void add_index(char text[TEXT_SIZE], const struct list *list,
		      const struct writ_ledger_filter *filter)
{
	const char *table = list == &requests ? "requests" : "grants";
	uint32_t undecided = 1u << WRIT_REQUEST_STATE_OPEN | 1u << WRIT_REQUEST_STATE_PENDING |
			     1u << WRIT_REQUEST_STATE_ISSUING;
	uint32_t states = states_of(list, filter);

	if (of_request(list, filter))
		return; /* the column is unique, so SQLite has one way */
	if (given(filter->ticket))
		add(text, " INDEXED BY %s_ticket", table);
	else if (is_live(list, filter))
		add(text, " INDEXED BY grants_live");
	else if (states && !(states & ~undecided))
		add(text, " INDEXED BY requests_state");
	else if (given(filter->agent))
		add(text, " INDEXED BY %s_agent", table);
	else if (given(filter->playbook))
		add(text, " INDEXED BY %s_playbook", table);
	else if (states)
		add(text, " INDEXED BY requests_state");
	else
		add(text, " NOT INDEXED"); /* by the key */
}

static void add_states(char text[TEXT_SIZE], uint32_t states)
{
	const char *comma = "";

	if (!states)
		return;
	add(text, " AND state IN (");
	for (uint32_t i = 0; i < WRIT_REQUEST_STATE_COUNT; i++) {
		if (!(states & 1u << i))
			continue;
		add(text, "%s'%s'", comma, writ_ledger_states[i]);
		comma = ", ";
	}
	add(text, ")");
}

/* The statement for @filter, its values bound. */
static struct writ_ledger_call list_call(struct writ_ledger *ledger, const struct list *list,
					 const struct writ_ledger_filter *filter)
{
	const char *const columns[] = {"ticket", "agent", "playbook"};
	const char *const values[] = {filter->ticket, filter->agent, filter->playbook};
	struct writ_ledger_call call;
	char text[TEXT_SIZE] = "";

	add(text, "%s", list->select);
	add_index(text, list, filter);
	add(text, " WHERE 1%s%s%s%s", filter->before ? list->before : "",
	    filter->since > 0 ? list->since : "",
	    of_request(list, filter) ? " AND request = ?" : "",
	    is_live(list, filter) ? list->live : "");
	add_states(text, states_of(list, filter));
	for (int i = 0; i < 3; i++)
		if (given(values[i]))
			add(text, " AND %s = ?", columns[i]);
	add(text, "%s", list->order);

	call = writ_ledger_sql_text(ledger, text);
	if (filter->before)
		writ_ledger_sql_put(&call, filter->before > INT64_MAX ? INT64_MAX
								      : (int64_t)filter->before);
	for (int i = 0; i < 2 && filter->since > 0; i++)
		writ_ledger_sql_put(&call, filter->since);
	if (of_request(list, filter))
		writ_ledger_sql_put(&call, filter->request > INT64_MAX ? INT64_MAX
								       : (int64_t)filter->request);
	for (int i = 0; i < 3; i++)
		if (given(values[i]))
			writ_ledger_sql_put_text(&call, values[i]);
	writ_ledger_sql_put(&call, filter->limit ? filter->limit : LIMIT_DEFAULT);
	return call;
}

/* A word that is none, or no memory for a text: the row is not shown. */
static int row_error(const struct writ_ledger_call *call)
{
	return call->code ? writ_ledger_sql_fail(call->ledger, call->code) : 0;
}

/* What a request and its grant have alike, in the order of both lists of columns. */
#define take_words(call, row)                                           \
	do {                                                            \
		(row)->agent = writ_ledger_sql_take_text(call);         \
		(row)->role = writ_ledger_sql_take_text(call);          \
		(row)->environment = writ_ledger_sql_take_text(call);   \
		(row)->playbook = writ_ledger_sql_take_text(call);      \
		(row)->parameters = writ_ledger_sql_take_text(call);    \
		(row)->ticket = writ_ledger_sql_take_text(call);        \
		(row)->sponsor = writ_ledger_sql_take_text(call);       \
	} while (0)

static int take_request(struct writ_ledger_call *call, struct writ_ledger_request *row)
{
	row->id = (uint64_t)writ_ledger_sql_take(call);
	row->asked_at = writ_ledger_sql_take(call);
	row->decided_at = writ_ledger_sql_take(call);
	row->state = writ_ledger_sql_take_word(call, writ_ledger_states, WRIT_REQUEST_STATE_COUNT);
	row->refusal = writ_ledger_sql_take_word(call, writ_ledger_refusals, WRIT_REFUSAL_COUNT);
	row->retry_after = (uint32_t)writ_ledger_sql_take(call);
	row->uid = (uint32_t)writ_ledger_sql_take(call);
	row->pid = (int32_t)writ_ledger_sql_take(call);
	row->by_operator = writ_ledger_sql_take(call);
	row->proposal = (uint64_t)writ_ledger_sql_take(call);
	row->run = (uint64_t)writ_ledger_sql_take(call);
	row->ttl_ns = (uint64_t)writ_ledger_sql_take(call);
	row->delay_ns = (uint64_t)writ_ledger_sql_take(call);
	take_words(call, row);
	row->reason = writ_ledger_sql_take_text(call);
	row->requester = writ_ledger_sql_take_text(call);
	row->message = writ_ledger_sql_take_text(call);
	row->remedy = writ_ledger_sql_take_text(call);
	writ_ledger_sql_take_context(call, &row->context);
	row->grant = (uint64_t)writ_ledger_sql_take(call); /* NULL: 0 */
	row->repeats = (uint64_t)writ_ledger_sql_take(call);
	row->repeated_at = writ_ledger_sql_take(call);
	return row_error(call);
}

static int take_grant(struct writ_ledger_call *call, struct writ_ledger_grant *row)
{
	row->id = (uint64_t)writ_ledger_sql_take(call);
	row->request = (uint64_t)writ_ledger_sql_take(call);
	row->boot = writ_ledger_sql_take_text(call);
	row->issued_at = writ_ledger_sql_take(call);
	row->begins_at = writ_ledger_sql_take(call);
	row->expires_at = writ_ledger_sql_take(call);
	row->ended_at = writ_ledger_sql_take(call);
	row->end = writ_ledger_sql_take_word(call, writ_ledger_ends, WRIT_END_COUNT);
	row->clip = writ_ledger_sql_take_word(call, writ_ledger_clips, WRIT_CLIP_COUNT);
	row->scope = writ_ledger_sql_take_word(call, writ_ledger_scopes, WRIT_SCOPE_COUNT);
	row->cut_files = (uint32_t)writ_ledger_sql_take(call);
	row->cut_sockets = (uint32_t)writ_ledger_sql_take(call);
	row->break_glass = writ_ledger_sql_take(call);
	row->ended_by = writ_ledger_sql_take_text(call);
	take_words(call, row);
	row->requester = writ_ledger_sql_take_text(call);
	row->approvers = writ_ledger_sql_take_text(call);
	writ_ledger_sql_take_context(call, &row->context);
	return row_error(call);
}

/* Each row to @visitor; @ret_n: how many. */
static int visit_requests(struct writ_ledger_call *call, writ_ledger_request_visitor *visitor,
			  void *context, size_t *ret_n)
{
	int more;

	for (*ret_n = 0; (more = writ_ledger_sql_step(call)) > 0; ++*ret_n) {
		struct writ_ledger_request row = {0};
		int err = take_request(call, &row);

		if (err)
			return err;
		visitor(context, &row);
	}
	return more;
}

int writ_ledger_request(struct writ_ledger *ledger, uint64_t id,
			writ_ledger_request_visitor *visitor, void *context)
{
	_cleanup_call_ struct writ_ledger_call call =
		writ_ledger_sql_call(ledger, WRIT_LEDGER_SQL_REQUEST);
	size_t n = 0;
	int err;

	writ_ledger_sql_put(&call, (int64_t)id);
	err = visit_requests(&call, visitor, context, &n);
	return !err && !n ? -ENOENT : err;
}

int writ_ledger_requests(struct writ_ledger *ledger, const struct writ_ledger_filter *filter,
			 writ_ledger_request_visitor *visitor, void *context)
{
	_cleanup_call_ struct writ_ledger_call call = list_call(ledger, &requests, filter);
	size_t n = 0;

	return visit_requests(&call, visitor, context, &n);
}

int writ_ledger_unsettled(struct writ_ledger *ledger, writ_ledger_request_visitor *visitor,
			  void *context)
{
	_cleanup_call_ struct writ_ledger_call call =
		writ_ledger_sql_call(ledger, WRIT_LEDGER_SQL_UNSETTLED);
	size_t n = 0;

	return visit_requests(&call, visitor, context, &n);
}

/* The answer to each request has its grant: that question is kept prepared. */
static struct writ_ledger_call grants_call(struct writ_ledger *ledger,
					   const struct writ_ledger_filter *filter)
{
	struct writ_ledger_call call;

	if (!filter->request || filter->agent || filter->playbook || filter->ticket ||
	    filter->since || filter->before || filter->live)
		return list_call(ledger, &grants, filter);
	call = writ_ledger_sql_call(ledger, WRIT_LEDGER_SQL_GRANT_OF);
	writ_ledger_sql_put(&call, (int64_t)filter->request);
	return call;
}

int writ_ledger_grants(struct writ_ledger *ledger, const struct writ_ledger_filter *filter,
		       writ_ledger_grant_visitor *visitor, void *context)
{
	_cleanup_call_ struct writ_ledger_call call = grants_call(ledger, filter);
	int more;

	while ((more = writ_ledger_sql_step(&call)) > 0) {
		struct writ_ledger_grant row = {0};
		int err = take_grant(&call, &row);

		if (err)
			return err;
		visitor(context, &row);
	}
	return more;
}

static uint32_t narrow(int64_t value)
{
	return value < 0 ? UINT32_MAX : value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

int writ_ledger_history(struct writ_ledger *ledger, const char *agent, const char *playbook,
			int64_t rate_since, struct writ_history *ret_history)
{
	_cleanup_call_ struct writ_ledger_call call =
		writ_ledger_sql_call(ledger, WRIT_LEDGER_SQL_HISTORY);
	int64_t live, issuing, own, recent;
	int more;

	writ_ledger_sql_put_text(&call, agent);
	writ_ledger_sql_put_text(&call, playbook);
	writ_ledger_sql_put(&call, rate_since);
	writ_ledger_sql_put(&call, (int64_t)WRIT_HISTORY_MAX + 1);
	more = writ_ledger_sql_step(&call);
	if (more <= 0)
		return more < 0 ? more : writ_ledger_sql_fail(ledger, SQLITE_CORRUPT);
	live = writ_ledger_sql_take(&call);
	issuing = writ_ledger_sql_take(&call);
	own = writ_ledger_sql_take(&call);
	recent = writ_ledger_sql_take(&call);
	*ret_history = (struct writ_history){
		.live = narrow(live + issuing),
		.recent = recent > WRIT_HISTORY_MAX ? UINT32_MAX : narrow(recent + own),
		.last_end = writ_ledger_sql_take(&call),
	};
	ret_history->denials = narrow(writ_ledger_sql_take(&call));
	ret_history->last_denial = writ_ledger_sql_take(&call);
	ret_history->live_until = writ_ledger_sql_take(&call);
	ret_history->recent_since = writ_ledger_sql_take(&call);
	ret_history->late = narrow(writ_ledger_sql_take(&call));
	ret_history->late_since = writ_ledger_sql_take(&call);
	return 0;
}
