/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of a request's life, each a transaction. A step says which states it leads from; from
 * any other it changes nothing, so that no order of notices, retries and crashes makes a row that
 * says two things.
 */
#include "broker/ledger.h"

#include <errno.h>
#include <stdio.h>

#include "broker/evaluate.h"
#include "broker/ledger_sql.h"

static struct writ_ledger_call call_of(struct writ_ledger *ledger, enum writ_ledger_sql sql)
{
	return writ_ledger_sql_call(ledger, sql);
}

/* A statement that changed no row of @request: is it not there, or past that? */
static int why_not(struct writ_ledger *ledger, uint64_t request)
{
	_cleanup_call_ struct writ_ledger_call call = call_of(ledger, WRIT_LEDGER_SQL_EXISTS);
	int more;

	writ_ledger_sql_put(&call, (int64_t)request);
	more = writ_ledger_sql_step(&call);
	if (more < 0)
		return more;
	(void)snprintf(ledger->error, sizeof(ledger->error), "ledger: request %llu is %s",
		       (unsigned long long)request,
		       more ? "in a state from which this does not lead" : "not there");
	return more ? -EALREADY : -ENOENT;
}

static int run_on(struct writ_ledger_call *call, uint64_t request)
{
	int changed = 0, err = writ_ledger_sql_run(call, &changed);

	if (err)
		return err;
	return changed ? 0 : why_not(call->ledger, request);
}

static int insert_request(struct writ_ledger *ledger, const struct writ_ledger_request *row,
			  enum writ_request_state state, int64_t decided_at, uint64_t *ret_id)
{
	_cleanup_call_ struct writ_ledger_call call = call_of(ledger, WRIT_LEDGER_SQL_ASK);
	int err;

	writ_ledger_sql_put(&call, ledger->boot);
	writ_ledger_sql_put(&call, row->asked_at);
	writ_ledger_sql_put(&call, row->uid);
	writ_ledger_sql_put(&call, row->pid);
	writ_ledger_sql_put(&call, row->by_operator);
	writ_ledger_sql_put(&call, (int64_t)row->run);
	writ_ledger_sql_put(&call, (int64_t)row->ttl_ns);
	writ_ledger_sql_put(&call, (int64_t)row->delay_ns);
	writ_ledger_sql_put_text(&call, row->agent);
	writ_ledger_sql_put_text(&call, row->role);
	writ_ledger_sql_put_text(&call, row->environment);
	writ_ledger_sql_put_text(&call, row->playbook);
	writ_ledger_sql_put_text(&call, row->parameters);
	writ_ledger_sql_put_text(&call, row->ticket);
	writ_ledger_sql_put_text(&call, row->sponsor);
	writ_ledger_sql_put_text(&call, row->reason);
	writ_ledger_sql_put_text(&call, row->requester);
	writ_ledger_sql_put_context(&call, &row->context);
	writ_ledger_sql_put_text(&call, writ_ledger_states[state]);
	writ_ledger_sql_put(&call, decided_at);
	writ_ledger_sql_put(&call, ledger->last);
	err = writ_ledger_sql_run(&call, NULL);
	if (!err)
		*ret_id = (uint64_t)sqlite3_last_insert_rowid(ledger->db);
	return err;
}

int writ_ledger_ask(struct writ_ledger *ledger, const struct writ_ledger_request *row,
		    uint64_t *ret_id)
{
	return insert_request(ledger, row, WRIT_REQUEST_STATE_OPEN, 0, ret_id);
}

int writ_ledger_ask_issue(struct writ_ledger *ledger, const struct writ_ledger_request *row,
			  int64_t at, uint64_t *ret_id)
{
	return insert_request(ledger, row, WRIT_REQUEST_STATE_ISSUING, at, ret_id);
}

int writ_ledger_pend(struct writ_ledger *ledger, uint64_t request, uint64_t proposal)
{
	_cleanup_call_ struct writ_ledger_call call = call_of(ledger, WRIT_LEDGER_SQL_PEND);

	writ_ledger_sql_put(&call, (int64_t)request);
	writ_ledger_sql_put(&call, (int64_t)proposal);
	return run_on(&call, request);
}

int writ_ledger_vote(struct writ_ledger *ledger, uint64_t request, const char *who, bool verdict,
		     const char *comment, int64_t at)
{
	_cleanup_call_ struct writ_ledger_call call = call_of(ledger, WRIT_LEDGER_SQL_VOTE);

	writ_ledger_sql_put(&call, (int64_t)request);
	writ_ledger_sql_put_text(&call, who);
	writ_ledger_sql_put(&call, verdict);
	writ_ledger_sql_put_text(&call, comment);
	writ_ledger_sql_put(&call, at);
	return run_on(&call, request);
}

static int mark_refused(struct writ_ledger *ledger, uint64_t request, enum writ_refusal refusal,
			const char *message, const char *remedy, uint32_t retry_after, int64_t at)
{
	_cleanup_call_ struct writ_ledger_call call = call_of(ledger, WRIT_LEDGER_SQL_REFUSE);
	enum writ_request_state state = refusal == WRIT_REFUSAL_NONE ? WRIT_REQUEST_STATE_WITHDRAWN
								     : WRIT_REQUEST_STATE_REFUSED;

	writ_ledger_sql_put(&call, (int64_t)request);
	writ_ledger_sql_put_text(&call, writ_ledger_states[state]);
	writ_ledger_sql_put_text(&call, writ_ledger_refusals[refusal]);
	writ_ledger_sql_put_text(&call, message);
	writ_ledger_sql_put_text(&call, remedy);
	writ_ledger_sql_put(&call, retry_after);
	writ_ledger_sql_put(&call, at);
	return run_on(&call, request);
}

/* Runs @sql with up to two numbers. */
static int run_numbers(struct writ_ledger *ledger, enum writ_ledger_sql sql, int64_t a, int64_t b)
{
	_cleanup_call_ struct writ_ledger_call call = call_of(ledger, sql);

	writ_ledger_sql_put(&call, a);
	writ_ledger_sql_put(&call, b);
	return writ_ledger_sql_run(&call, NULL);
}

static int run_name(struct writ_ledger *ledger, enum writ_ledger_sql sql, const char *name)
{
	_cleanup_call_ struct writ_ledger_call call = call_of(ledger, sql);

	writ_ledger_sql_put_text(&call, name);
	return writ_ledger_sql_run(&call, NULL);
}

int writ_ledger_refuse(struct writ_ledger *ledger, uint64_t request, enum writ_refusal refusal,
		       const char *message, const char *remedy, uint32_t retry_after, int64_t at)
{
	int err;

	if ((unsigned int)refusal >= WRIT_REFUSAL_COUNT)
		return -EINVAL;
	err = writ_ledger_sql_begin(ledger);
	if (!err)
		err = mark_refused(ledger, request, refusal, message, remedy, retry_after, at);
	if (!err && writ_evaluate_counts(refusal))
		err = run_numbers(ledger, WRIT_LEDGER_SQL_DENIAL, (int64_t)request, at);
	if (!err && refusal != WRIT_REFUSAL_NONE)
		err = run_numbers(ledger, WRIT_LEDGER_SQL_REFUSED_ROW, (int64_t)request, at);
	if (!err && refusal != WRIT_REFUSAL_NONE)
		err = run_numbers(ledger, WRIT_LEDGER_SQL_COUNT_IN, (int64_t)request,
				  WRIT_REFUSALS_PER_MINUTE);
	return writ_ledger_sql_finish(ledger, err);
}

static int find_counted(struct writ_ledger *ledger, const char *agent, enum writ_refusal refusal,
			int64_t at, uint64_t *ret_id)
{
	_cleanup_call_ struct writ_ledger_call call = call_of(ledger, WRIT_LEDGER_SQL_COUNTED);
	int more;

	writ_ledger_sql_put_text(&call, agent);
	writ_ledger_sql_put_text(&call, writ_ledger_refusals[refusal]);
	writ_ledger_sql_put(&call, at);
	more = writ_ledger_sql_step(&call);
	if (more > 0)
		*ret_id = (uint64_t)writ_ledger_sql_take(&call);
	return more < 0 ? more : 0;
}

int writ_ledger_repeat(struct writ_ledger *ledger, const char *agent, enum writ_refusal refusal,
		       int64_t at, uint64_t *ret_id)
{
	uint64_t id = 0;
	int err;

	if (refusal == WRIT_REFUSAL_NONE || (unsigned int)refusal >= WRIT_REFUSAL_COUNT)
		return -EINVAL;
	err = find_counted(ledger, agent, refusal, at, &id);
	if (err || !id)
		return err;
	err = writ_ledger_sql_begin(ledger);
	if (!err)
		err = run_numbers(ledger, WRIT_LEDGER_SQL_REPEAT, (int64_t)id, at);
	if (!err && writ_evaluate_counts(refusal))
		err = run_numbers(ledger, WRIT_LEDGER_SQL_DENIAL, (int64_t)id, at);
	err = writ_ledger_sql_finish(ledger, err);
	if (err)
		return err;
	*ret_id = id;
	return -EALREADY;
}

int writ_ledger_late(struct writ_ledger *ledger, const char *agent)
{
	return run_name(ledger, WRIT_LEDGER_SQL_REFUSED_LATE, agent);
}

int writ_ledger_issue(struct writ_ledger *ledger, uint64_t request, int64_t at)
{
	_cleanup_call_ struct writ_ledger_call call = call_of(ledger, WRIT_LEDGER_SQL_ISSUE);

	writ_ledger_sql_put(&call, (int64_t)request);
	writ_ledger_sql_put(&call, at);
	return run_on(&call, request);
}

static int mark_granted(struct writ_ledger *ledger, uint64_t request)
{
	_cleanup_call_ struct writ_ledger_call call = call_of(ledger, WRIT_LEDGER_SQL_GRANTED);

	writ_ledger_sql_put(&call, (int64_t)request);
	return run_on(&call, request);
}

static int insert_grant(struct writ_ledger *ledger, const struct writ_ledger_grant *grant)
{
	_cleanup_call_ struct writ_ledger_call call = call_of(ledger, WRIT_LEDGER_SQL_GRANT);

	writ_ledger_sql_put(&call, ledger->boot);
	writ_ledger_sql_put(&call, (int64_t)grant->id);
	writ_ledger_sql_put(&call, (int64_t)grant->request);
	writ_ledger_sql_put(&call, grant->issued_at);
	writ_ledger_sql_put(&call, grant->begins_at);
	writ_ledger_sql_put(&call, grant->expires_at);
	writ_ledger_sql_put_text(&call, writ_ledger_clips[grant->clip]);
	writ_ledger_sql_put_text(&call, writ_ledger_scopes[grant->scope]);
	writ_ledger_sql_put(&call, grant->break_glass);
	writ_ledger_sql_put_text(&call, grant->agent);
	writ_ledger_sql_put_text(&call, grant->role);
	writ_ledger_sql_put_text(&call, grant->environment);
	writ_ledger_sql_put_text(&call, grant->playbook);
	writ_ledger_sql_put_text(&call, grant->parameters);
	writ_ledger_sql_put_text(&call, grant->ticket);
	writ_ledger_sql_put_text(&call, grant->sponsor);
	writ_ledger_sql_put_text(&call, grant->requester);
	writ_ledger_sql_put_text(&call, grant->approvers);
	writ_ledger_sql_put_context(&call, &grant->context);
	return writ_ledger_sql_run(&call, NULL);
}

static int note_live(struct writ_ledger *ledger, const struct writ_ledger_grant *grant)
{
	_cleanup_call_ struct writ_ledger_call call = call_of(ledger, WRIT_LEDGER_SQL_LIVES_UNTIL);

	writ_ledger_sql_put_text(&call, grant->playbook);
	writ_ledger_sql_put(&call, grant->expires_at);
	writ_ledger_sql_put(&call, (int64_t)grant->request);
	return writ_ledger_sql_run(&call, NULL);
}

int writ_ledger_grant(struct writ_ledger *ledger, const struct writ_ledger_grant *grant)
{
	int err;

	if (grant->clip >= WRIT_CLIP_COUNT || grant->scope >= WRIT_SCOPE_COUNT)
		return -EINVAL;
	err = writ_ledger_sql_begin(ledger);
	if (!err)
		err = mark_granted(ledger, grant->request);
	if (!err)
		err = insert_grant(ledger, grant);
	if (!err)
		err = run_name(ledger, WRIT_LEDGER_SQL_LIVES, grant->playbook);
	if (!err)
		err = note_live(ledger, grant);
	if (!err)
		err = run_name(ledger, WRIT_LEDGER_SQL_GOOD, grant->agent);
	return writ_ledger_sql_finish(ledger, err);
}

static int check_live(struct writ_ledger *ledger, uint64_t grant)
{
	_cleanup_call_ struct writ_ledger_call call = call_of(ledger, WRIT_LEDGER_SQL_LIVING);
	int more;

	writ_ledger_sql_put(&call, ledger->boot);
	writ_ledger_sql_put(&call, (int64_t)grant);
	more = writ_ledger_sql_step(&call);
	if (more <= 0)
		return more < 0 ? more : -ENOENT;
	return writ_ledger_sql_take(&call) ? -EALREADY : 0;
}

static int mark_ended(struct writ_ledger *ledger, uint64_t grant, enum writ_end end, const char *by,
		      uint32_t cut_files, uint32_t cut_sockets, int64_t at)
{
	_cleanup_call_ struct writ_ledger_call call = call_of(ledger, WRIT_LEDGER_SQL_END);

	writ_ledger_sql_put(&call, ledger->boot);
	writ_ledger_sql_put(&call, (int64_t)grant);
	writ_ledger_sql_put_text(&call, writ_ledger_ends[end]);
	writ_ledger_sql_put_text(&call, by);
	writ_ledger_sql_put(&call, cut_files);
	writ_ledger_sql_put(&call, cut_sockets);
	writ_ledger_sql_put(&call, at > 0 ? at : 1); /* 0 would be: it lives */
	return writ_ledger_sql_run(&call, NULL);
}

int writ_ledger_end(struct writ_ledger *ledger, uint64_t grant, enum writ_end end, const char *by,
		    uint32_t cut_files, uint32_t cut_sockets, int64_t at)
{
	int err;

	if (end == WRIT_END_NONE || (unsigned int)end >= WRIT_END_COUNT)
		return -EINVAL;
	err = writ_ledger_sql_begin(ledger);
	if (!err)
		err = check_live(ledger, grant);
	if (!err)
		err = mark_ended(ledger, grant, end, by, cut_files, cut_sockets, at);
	if (!err)
		err = run_numbers(ledger, WRIT_LEDGER_SQL_ENDED, ledger->boot, (int64_t)grant);
	if (!err)
		err = run_numbers(ledger, WRIT_LEDGER_SQL_ENDED_UNTIL, ledger->boot,
				  (int64_t)grant);
	return writ_ledger_sql_finish(ledger, err);
}

int writ_ledger_cut(struct writ_ledger *ledger, uint64_t grant, uint32_t files, uint32_t sockets)
{
	_cleanup_call_ struct writ_ledger_call call = call_of(ledger, WRIT_LEDGER_SQL_CUT);

	writ_ledger_sql_put(&call, ledger->boot);
	writ_ledger_sql_put(&call, (int64_t)grant);
	writ_ledger_sql_put(&call, files);
	writ_ledger_sql_put(&call, sockets);
	return writ_ledger_sql_run(&call, NULL);
}

int writ_ledger_forgive(struct writ_ledger *ledger, const char *agent, int64_t at)
{
	_cleanup_call_ struct writ_ledger_call call = call_of(ledger, WRIT_LEDGER_SQL_FORGIVE);

	writ_ledger_sql_put_text(&call, agent);
	writ_ledger_sql_put(&call, at);
	return writ_ledger_sql_run(&call, NULL);
}
