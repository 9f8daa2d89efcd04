/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The time line of a report. Equal decisions, or execs, that come together are one run with a
 * count, also when a few others stand between them; of too many runs the first ones and the last
 * ones stay. And how many decisions there were when, in columns that grow wider as the span does.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/audit_report.h"

#define LOOK_BACK 16u  /* runs: a loop of so many steps is so many lines */
#define COLUMN_US 1000 /* the narrowest column */

static struct writ_report_run *run_at(struct writ_report *report, size_t i)
{
	if (i < report->n_runs)
		return &report->runs[i];
	i -= report->n_runs;
	return &report->runs[WRIT_REPORT_RUNS_MAX + (report->late + i) % WRIT_REPORT_RUNS_MAX];
}

const struct writ_report_run *writ_report_run(const struct writ_report *report, size_t i)
{
	if (i >= report->n_runs + report->n_late)
		return NULL;
	return run_at((struct writ_report *)(uintptr_t)report, i);
}

static void free_run(struct writ_report *report, struct writ_report_run *run)
{
	char *texts[] = {run->kind, run->what, run->object, run->reason};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		report->text -= texts[i] ? strlen(texts[i]) + 1 : 0;
		free(texts[i]);
	}
	*run = (struct writ_report_run){0};
}

void writ_report_time_free(struct writ_report *report)
{
	for (size_t i = 0; i < report->n_runs + report->n_late; i++)
		free_run(report, run_at(report, i));
	free(report->runs);
	report->runs = NULL;
}

/* Room for a run behind the others. */
static struct writ_report_run *new_run(struct writ_report *report)
{
	if (!report->runs)
		report->runs = calloc(2 * (size_t)WRIT_REPORT_RUNS_MAX, sizeof(*report->runs));
	if (!report->runs) {
		report->no_memory = true;
		return NULL;
	}
	if (report->n_runs < WRIT_REPORT_RUNS_MAX)
		return &report->runs[report->n_runs++];
	if (report->n_late == WRIT_REPORT_RUNS_MAX) {
		free_run(report, run_at(report, report->n_runs));
		report->late = (report->late + 1) % WRIT_REPORT_RUNS_MAX;
		report->n_late--;
		report->more_runs++;
	}
	report->n_late++;
	return run_at(report, report->n_runs + report->n_late - 1);
}

/* An equal run among the last ones, with nothing but decisions behind it. */
static struct writ_report_run *equal_run(struct writ_report *report, const uint8_t *digest)
{
	size_t n = report->n_runs + report->n_late;

	for (size_t back = 1; back <= LOOK_BACK && back <= n; back++) {
		struct writ_report_run *run = run_at(report, n - back);

		if (!memcmp(run->digest, digest, WRIT_BLAKE2B_SIZE))
			return run;
		if (run->what && run->kind && strcmp(run->kind, "allow") &&
		    strcmp(run->kind, "deny") && strcmp(run->kind, "would_deny"))
			return NULL; /* an exec has no word of what it is */
	}
	return NULL;
}

static bool is_exec(const struct writ_audit_line *line)
{
	return writ_audit_line_is(line, WRIT_AUDIT_TYPE, "exec");
}

/* Whom or why: of an exec its arguments. */
static enum writ_audit_member reason_of(const struct writ_audit_line *line)
{
	if (is_exec(line))
		return WRIT_AUDIT_ARGV;
	return line->members[WRIT_AUDIT_BY].at ? WRIT_AUDIT_BY : WRIT_AUDIT_REASON;
}

static void fill(struct writ_report *report, struct writ_report_run *run,
		 const struct writ_audit_line *line)
{
	bool decision = writ_audit_line_is(line, WRIT_AUDIT_TYPE, "decision");
	enum writ_audit_member object = decision ? WRIT_AUDIT_OBJECT : WRIT_AUDIT_DETAIL;

	if (line->members[WRIT_AUDIT_PLAYBOOK].at && !decision)
		object = WRIT_AUDIT_PLAYBOOK;
	if (line->members[WRIT_AUDIT_MISSING].at)
		object = WRIT_AUDIT_MISSING;
	else if (!line->members[object].at)
		object = WRIT_AUDIT_OBJECT;
	run->first_us = run->last_us = line->time_us;
	run->grant = (uint64_t)writ_audit_line_number(line, WRIT_AUDIT_GRANT, 0);
	run->kind = writ_report_keep(report, line, decision ? WRIT_AUDIT_VERDICT : WRIT_AUDIT_TYPE);
	run->what =
		writ_report_keep(report, line, decision ? WRIT_AUDIT_OPERATION : WRIT_AUDIT_EVENT);
	run->object = writ_report_keep(report, line, object);
	run->reason = writ_report_keep(report, line, reason_of(line));
}

void writ_report_time(struct writ_report *report, const struct writ_audit_line *line,
		      const uint8_t digest[WRIT_BLAKE2B_SIZE])
{
	struct writ_report_run *run = NULL;

	if (writ_audit_line_is(line, WRIT_AUDIT_TYPE, "decision") || is_exec(line))
		run = equal_run(report, digest);
	if (!run) {
		run = new_run(report);
		if (!run)
			return;
		memcpy(run->digest, digest, WRIT_BLAKE2B_SIZE);
		fill(report, run, line);
	}
	run->count++;
	if (line->time_us > run->last_us)
		run->last_us = line->time_us;
}

/* Two columns become one. */
static void widen(struct writ_report *report)
{
	struct writ_report_column *columns = report->columns;

	for (size_t i = 0; i < WRIT_REPORT_COLUMNS / 2; i++) {
		const struct writ_report_column *pair = &columns[2 * i];

		columns[i] = (struct writ_report_column){
			pair[0].allowed + pair[1].allowed,
			pair[0].denied + pair[1].denied,
			pair[0].would_deny + pair[1].would_deny,
		};
	}
	memset(&columns[WRIT_REPORT_COLUMNS / 2], 0, WRIT_REPORT_COLUMNS / 2 * sizeof(*columns));
	report->column_us *= 2;
}

void writ_report_column(struct writ_report *report, const struct writ_audit_line *line)
{
	struct writ_report_column *column;
	int64_t at;

	if (!report->column_us) {
		report->column_us = COLUMN_US;
		report->columns_from_us = line->time_us;
	}
	at = line->time_us - report->columns_from_us; /* a late record counts in the first one */
	while (at / report->column_us >= (int64_t)WRIT_REPORT_COLUMNS)
		widen(report);
	column = &report->columns[at < 0 ? 0 : at / report->column_us];
	column->denied += writ_audit_line_is(line, WRIT_AUDIT_VERDICT, "deny");
	column->would_deny += writ_audit_line_is(line, WRIT_AUDIT_VERDICT, "would_deny");
	column->allowed += writ_audit_line_is(line, WRIT_AUDIT_VERDICT, "allow");
}
