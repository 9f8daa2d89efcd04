/* SPDX-License-Identifier: Apache-2.0 */
/* A report as text. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/audit_report.h"
#include "cli/command.h"
#include "lib/cleanup.h"

static void put(FILE *file, const char *before, const char *text)
{
	_cleanup_free_ char *fit = writ_report_fit(text);

	if (fit)
		(void)fprintf(file, "%s%s", before, fit);
}

/* Nothing for an empty one. */
static void put_row(FILE *file, const char *key, const char *text)
{
	if (!text || !*text)
		return;
	(void)fprintf(file, "  %-14s", key);
	put(file, "", text);
	(void)fputc('\n', file);
}

static void put_head(const struct writ_report *report, FILE *file)
{
	char from[WRIT_REPORT_TIME_SIZE], to[WRIT_REPORT_TIME_SIZE], text[512], complete[5120];
	const struct writ_report_question *question = &report->question;

	(void)fprintf(file, "Writ: report on %s ", question->grant ? "grant" : "agent");
	put(file, "", question->name);
	(void)fputs("\n\n", file);
	put_row(file, "log", question->log);
	put_row(file, "log begins", writ_report_moment(report->log_from_us, from));
	(void)fprintf(file, "  %-14s%s to %s\n", "asked",
		      question->since_us == INT64_MIN
			      ? "from its beginning"
			      : writ_report_moment(question->since_us, from),
		      question->until_us == INT64_MAX ? "its end"
						      : writ_report_moment(question->until_us, to));
	(void)fprintf(file, "  %-14s%s to %s, %" PRIu64 " lines\n", "found",
		      writ_report_moment(report->first_us, from),
		      writ_report_moment(report->last_us, to), report->lines);
	put_row(file, "environment", report->environment);
	writ_report_verification(report, text, sizeof(text));
	put_row(file, "trail", text);
	(void)writ_report_complete(report, complete, sizeof(complete));
	put(file, "\n", complete);
	(void)fputc('\n', file);
}

static void put_gaps(const struct writ_report *report, FILE *file)
{
	char moment[WRIT_REPORT_TIME_SIZE];

	for (size_t i = 0; i < report->n_gaps; i++) {
		const struct writ_report_gap *gap = &report->gaps[i];

		(void)fprintf(file, "  %s  %+" PRId64, writ_report_moment(gap->time_us, moment),
			      gap->missing);
		put(file, " ", gap->reason);
		if (gap->cpu >= 0)
			(void)fprintf(file, ", CPU %" PRId64, gap->cpu);
		(void)fputc('\n', file);
	}
	if (report->more_gaps)
		(void)fprintf(file, "  and %" PRIu64 " more gaps\n", report->more_gaps);
}

static void put_steps(const struct writ_report_grant *grant, FILE *file)
{
	char moment[WRIT_REPORT_TIME_SIZE];

	for (size_t i = 0; i < grant->n_steps; i++) {
		const struct writ_report_step *step = &grant->steps[i];

		(void)fprintf(file, "  %-14s%s", i ? "" : "life",
			      writ_report_moment(step->time_us, moment));
		put(file, "  ", step->event);
		if (step->by && *step->by)
			put(file, " by ", step->by);
		if (step->detail)
			put(file, ": ", step->detail);
		(void)fputc('\n', file);
	}
	if (grant->more_steps)
		(void)fprintf(file, "  %-14sand %" PRIu64 " more steps\n", "", grant->more_steps);
}

static void put_grant(const struct writ_report *report, const struct writ_report_grant *grant,
		      FILE *file)
{
	char issued[WRIT_REPORT_TIME_SIZE], ended[WRIT_REPORT_TIME_SIZE], held[64];

	(void)fprintf(file, "\nGRANT %" PRIu64, grant->number);
	if (grant->words[WRIT_REPORT_WORD_PLAYBOOK])
		put(file, "  ", grant->words[WRIT_REPORT_WORD_PLAYBOOK]);
	(void)fputc('\n', file);
	for (int i = 0; i < WRIT_REPORT_WORD_COUNT; i++) {
		const char *label, *said = writ_report_said(grant, i, &label);

		put_row(file, label, said);
	}
	for (int i = 0; i < 4; i++)
		put_row(file, writ_report_context_keys[i], grant->context[i]);
	(void)fprintf(file, "  %-14s%s\n", "issued",
		      grant->issued_us == INT64_MIN ? "before what was looked at"
						    : writ_report_moment(grant->issued_us, issued));
	(void)fprintf(file, "  %-14s%s", "ended", writ_report_moment(grant->ended_us, ended));
	put(file, "  ", grant->end);
	writ_report_held(report, grant, held, sizeof(held));
	(void)fprintf(file, "\n  %-14s%s\n", "held", held);
	put_steps(grant, file);
	(void)fprintf(file,
		      "  %-14s%" PRIu64 " allowed, %" PRIu64 " denied (%" PRIu64
		      " since it was over), %" PRIu64 " would be denied\n",
		      "decisions", grant->allowed, grant->denied, grant->after, grant->would_deny);
}

static void put_entry(const struct writ_report_entry *entry, FILE *file)
{
	char moment[WRIT_REPORT_TIME_SIZE];

	(void)fprintf(file, "  %s %8" PRIu64 "x", writ_report_moment(entry->first_us, moment),
		      entry->count);
	if (entry->grant)
		(void)fprintf(file, "  grant %-6" PRIu64, entry->grant);
	else
		(void)fputs("  role        ", file);
	put(file, "  ", entry->operation);
	put(file, "  ", entry->object);
	if (entry->argv)
		put(file, "  argv: ", entry->argv);
	if (entry->cut)
		(void)fputs(" (cut)", file);
	if (entry->reason)
		put(file, "  ", entry->reason);
	(void)fputc('\n', file);
	if (entry->remedy) {
		put(file, "      remedy: ", entry->remedy);
		(void)fputc('\n', file);
	}
}

static void put_section(const struct writ_report *report, int section, FILE *file)
{
	const struct writ_report_list *list = &report->sections[section];

	if (!list->decisions && section != WRIT_REPORT_DENIED)
		return;
	(void)fprintf(file, "\n%s: %" PRIu64 " decisions\n", writ_report_section_titles[section],
		      list->decisions);
	for (size_t i = 0; i < list->n; i++)
		put_entry(&list->entries[i], file);
	if (list->more)
		(void)fprintf(file,
			      "  and %" PRIu64 " more decisions on others than these %zu: ask "
			      "'writ audit query'\n",
			      list->more, list->n);
}

static void put_run(const struct writ_report_run *run, FILE *file)
{
	char first[WRIT_REPORT_TIME_SIZE], last[WRIT_REPORT_TIME_SIZE];

	(void)fprintf(file, "  %s  ", writ_report_moment(run->first_us, first));
	put(file, "", run->kind);
	if (run->what)
		put(file, " ", run->what);
	put(file, "  ", run->object);
	if (run->reason && *run->reason)
		put(file, "  ", run->reason);
	if (run->grant)
		(void)fprintf(file, "  grant %" PRIu64, run->grant);
	if (run->count > 1)
		(void)fprintf(file, "  x%" PRIu64 " until %s", run->count,
			      writ_report_moment(run->last_us, last) + sizeof("2026-11-22"));
	(void)fputc('\n', file);
}

static void put_time_line(const struct writ_report *report, FILE *file)
{
	const struct writ_report_run *run;

	(void)fputs("\nTime line (UTC)\n", file);
	for (size_t i = 0; (run = writ_report_run(report, i)); i++) {
		if (i == WRIT_REPORT_RUNS_MAX && report->more_runs)
			(void)fprintf(file, "  ... and %" PRIu64 " more here ...\n",
				      report->more_runs);
		put_run(run, file);
	}
}

int writ_report_text(const struct writ_report *report, FILE *file)
{
	put_head(report, file);
	put_gaps(report, file);
	for (size_t i = 0; i < report->n_grants; i++)
		put_grant(report, &report->grants[i], file);
	if (report->more_grants)
		(void)fprintf(file, "\nand %" PRIu64 " more lines of grants beyond these %zu\n",
			      report->more_grants, report->n_grants);
	for (int i = 0; i < WRIT_REPORT_SECTION_COUNT; i++)
		put_section(report, i, file);
	put_time_line(report, file);
	return fflush(file) || ferror(file) ? WRIT_EXIT_FAILED : WRIT_EXIT_OK;
}
