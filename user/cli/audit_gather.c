/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log into a report: first which grants there are and when, then, in one pass in the log's
 * order, all about them, and what concerns everyone: gaps, and Writ itself.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/audit_report.h"
#include "lib/cleanup.h"

#define STEP 65536u		  /* lines between two calls of progress */
#define LATE_US INT64_C(60000000) /* so long after the end a gap may still tell of before it */
#define ENOUGH 1

struct gathering {
	struct writ_report *report;
	char grant[24];
	char *agent; /* of the grant asked for */
	int64_t first_us;
	int64_t last_us;
	bool ended;
	uint64_t seen;
};

/* Whatever can't be read is counted, not skipped. */
static bool read_line(struct gathering *g, const char *text, size_t len,
		      struct writ_audit_line *ret)
{
	const struct writ_report_question *question = &g->report->question;

	if (!(++g->seen % STEP) && question->progress)
		question->progress(question->context, g->seen);
	return !writ_audit_line_read(text, len, ret);
}

static void add_cost(struct writ_report *report, const struct writ_query_cost *cost)
{
	report->cost.bytes += cost->bytes;
	if (cost->damaged <= report->cost.damaged)
		return;
	report->cost.damaged = cost->damaged;
	memcpy(report->cost.path, cost->path, sizeof(cost->path));
}

static int ask(struct gathering *g, const struct writ_query *query, writ_query_visitor *visitor)
{
	struct writ_query_cost cost;
	int err = writ_query_run(g->report->question.log, query, visitor, g, &cost);

	add_cost(g->report, &cost);
	return err == ENOUGH ? 0 : err;
}

static int note_first(void *context, const char *text, size_t len)
{
	struct gathering *g = context;
	struct writ_audit_line line;

	if (!read_line(g, text, len, &line))
		return 0;
	g->report->log_from_us = line.time_us;
	return ENOUGH;
}

static int note_grant(void *context, const char *text, size_t len)
{
	struct gathering *g = context;
	struct writ_report_grant *grant;
	struct writ_audit_line line;
	int64_t request;

	if (!read_line(g, text, len, &line))
		return 0; /* the next pass counts it */
	if (g->first_us == INT64_MIN || line.time_us < g->first_us)
		g->first_us = line.time_us;
	if (line.time_us > g->last_us)
		g->last_us = line.time_us;
	if (!g->agent)
		g->agent = writ_audit_line_text(&line, WRIT_AUDIT_AGENT);
	if (!writ_audit_line_is(&line, WRIT_AUDIT_TYPE, "grant"))
		return 0;
	g->ended |= !writ_audit_line_is(&line, WRIT_AUDIT_EVENT, "issued");
	grant = writ_report_grant(g->report,
				  (uint64_t)writ_audit_line_number(&line, WRIT_AUDIT_GRANT, 0));
	request = writ_audit_line_number(&line, WRIT_AUDIT_REQUEST, 0);
	if (grant && request > 0)
		grant->request = (uint64_t)request;
	return 0;
}

static int take(void *context, const char *text, size_t len)
{
	struct gathering *g = context;
	struct writ_audit_line line;

	if (read_line(g, text, len, &line))
		writ_report_take(g->report, &line);
	else
		g->report->bad++;
	return g->report->no_memory ? -ENOMEM : 0;
}

/* Which grants, of whom, from when to when. */
static int prepare(struct gathering *g)
{
	const struct writ_report_question *question = &g->report->question;
	struct writ_query query = {
		.words = {[WRIT_WORD_TYPE] = "grant", [WRIT_WORD_AGENT] = question->agent},
		.since_us = question->since_us,
		.until_us = question->until_us,
	};
	const struct writ_query any = {.since_us = INT64_MIN, .until_us = INT64_MAX};
	int err = ask(g, &any, note_first);

	if (question->grant)
		query.words[WRIT_WORD_GRANT] = g->grant;
	if (!err)
		err = ask(g, &query, note_grant);
	if (err || !question->grant || g->first_us != INT64_MIN)
		return err;
	/* its own lines are gone, or are not in that time */
	query.words[WRIT_WORD_TYPE] = NULL;
	return ask(g, &query, note_grant);
}

static int64_t later(int64_t us)
{
	return us > INT64_MAX - LATE_US ? INT64_MAX : us + LATE_US;
}

static int gather(struct gathering *g)
{
	const struct writ_report_question *question = &g->report->question;
	bool grant = question->grant;
	int64_t since = question->since_us, until = later(question->until_us);
	struct writ_query removed = {
		.words = {[WRIT_WORD_TYPE] = "removed"},
		.since_us = INT64_MIN,
		.until_us = INT64_MAX,
	};
	struct writ_query gap, daemon, asked, own;

	if (grant && g->first_us > since)
		since = g->first_us;
	if (grant && g->ended && later(g->last_us) < until)
		until = later(g->last_us);
	gap = (struct writ_query){.words = {[WRIT_WORD_TYPE] = "gap"},
				  .since_us = since,
				  .until_us = until,
				  .also = &removed};
	daemon = gap;
	daemon.words[WRIT_WORD_TYPE] = "daemon";
	daemon.also = &gap;
	asked = daemon;
	asked.words[WRIT_WORD_TYPE] = "proposal";
	asked.words[WRIT_WORD_AGENT] = g->agent ? g->agent : "";
	asked.since_us = INT64_MIN;
	asked.also = &daemon;
	own = (struct writ_query){.words = {[WRIT_WORD_AGENT] = question->agent},
				  .since_us = question->since_us,
				  .until_us = question->until_us,
				  .also = grant ? &asked : &daemon};
	if (grant)
		own.words[WRIT_WORD_GRANT] = g->grant;
	return ask(g, &own, take);
}

static int verify(struct writ_report *report)
{
	struct writ_verify_options options = {
		.log = report->question.log,
		.anchor = report->question.anchor,
		.known = {.segment = UINT64_MAX, .checkpoint = UINT64_MAX},
	};

	return report->question.verify ? writ_verify_trail(&options, &report->verified) : 0;
}

int writ_report_gather(const struct writ_report_question *question, struct writ_report **ret)
{
	_cleanup_(writ_report_freep) struct writ_report *report = calloc(1, sizeof(*report));
	struct gathering g = {.report = report, .first_us = INT64_MIN, .last_us = INT64_MIN};
	int err;

	if (!report)
		return -ENOMEM;
	report->question = *question;
	report->made_us = (int64_t)time(NULL) * 1000000;
	report->first_us = report->last_us = report->log_from_us = INT64_MIN;
	report->removed = -1;
	(void)snprintf(g.grant, sizeof(g.grant), "%llu", (unsigned long long)question->grant);
	err = prepare(&g);
	if (!err && question->grant && g.first_us == INT64_MIN)
		err = -ENODATA;
	if (!err)
		err = gather(&g);
	free(g.agent);
	if (!err && report->first_us == INT64_MIN)
		err = -ENODATA;
	if (err)
		return err;
	report->verify_err = verify(report);
	*ret = take_ptr(report);
	return 0;
}

static void free_entries(struct writ_report_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		struct writ_report_entry *entry = &list->entries[i];

		free(entry->operation);
		free(entry->object);
		free(entry->argv);
		free(entry->reason);
		free(entry->rule);
		free(entry->remedy);
	}
	free(list->entries);
}

static void free_grant(struct writ_report_grant *grant)
{
	for (size_t i = 0; i < WRIT_REPORT_WORD_COUNT; i++)
		free(grant->words[i]);
	for (size_t i = 0; i < 4; i++)
		free(grant->context[i]);
	for (size_t i = 0; i < grant->n_steps; i++) {
		free(grant->steps[i].event);
		free(grant->steps[i].by);
		free(grant->steps[i].detail);
	}
	free(grant->end);
}

void writ_report_free(struct writ_report *report)
{
	if (!report)
		return;
	for (size_t i = 0; i < WRIT_REPORT_SECTION_COUNT; i++)
		free_entries(&report->sections[i]);
	for (size_t i = 0; i < report->n_grants; i++)
		free_grant(&report->grants[i]);
	for (size_t i = 0; i < report->n_gaps; i++)
		free(report->gaps[i].reason);
	writ_report_time_free(report);
	free(report->grants);
	free(report->environment);
	free(report);
}
