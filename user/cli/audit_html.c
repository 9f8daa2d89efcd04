/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A report as one page that needs nothing else: no script, no link, no font of elsewhere. All text
 * of the log goes through put(), and its policy forbids the browser to run or fetch anything, were
 * something forgotten.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/audit_report.h"
#include "cli/audit_style.h"
#include "cli/command.h"
#include "lib/cleanup.h"

#define LONG 400u /* bytes; a longer name gets a box of its own that scrolls */

/* Hostile text: no sign of it can end or begin anything, and none turns its surroundings round. */
static void put(FILE *file, const char *text)
{
	_cleanup_free_ char *fit = writ_report_fit(text);
	static const struct {
		char sign;
		const char *entity;
	} entities[] = {
		{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};
	const char *at = fit;

	for (; at && *at; at++) {
		const char *entity = NULL;

		for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
			if (*at == entities[i].sign)
				entity = entities[i].entity;
		if (entity)
			(void)fputs(entity, file);
		else
			(void)fputc(*at, file);
	}
}

static void put_name(FILE *file, const char *text)
{
	bool is_long = text && strlen(text) > LONG;

	if (!text || !*text)
		return;
	(void)fputs(is_long ? "<bdi class=\"long\">" : "<bdi>", file);
	put(file, text);
	(void)fputs("</bdi>", file);
}

/* Nothing for an empty one. */
static void put_row(FILE *file, const char *key, const char *text)
{
	if (!text || !*text)
		return;
	(void)fprintf(file, "<dt>%s</dt><dd>", key);
	put_name(file, text);
	(void)fputs("</dd>\n", file);
}

static void put_span(FILE *file, const char *key, const char *from, const char *to)
{
	(void)fprintf(file, "<dt>%s</dt><dd>%s to %s</dd>\n", key, from, to);
}

static void put_head(const struct writ_report *report, FILE *file)
{
	static const char *const states[] = {"whole", "missing", "broken"};
	const struct writ_report_question *question = &report->question;
	char from[WRIT_REPORT_TIME_SIZE], to[WRIT_REPORT_TIME_SIZE], text[5120];
	enum writ_report_state state;

	(void)fprintf(file,
		      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
		      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		      "style-src 'unsafe-inline'\">\n<meta name=\"viewport\" "
		      "content=\"width=device-width\">\n<title>Writ: report</title>\n"
		      "<style>%s</style></head><body>\n<h1>Writ: report on %s ",
		      writ_audit_style, question->grant ? "grant" : "agent");
	put_name(file, question->name);
	state = writ_report_complete(report, text, sizeof(text));
	(void)fprintf(file, "</h1>\n<p class=\"state %s\">", states[state]);
	put(file, text);
	(void)fputs("</p>\n<dl>\n", file);
	put_row(file, "log", question->log);
	put_row(file, "log begins", writ_report_moment(report->log_from_us, from));
	put_span(file, "asked",
		 question->since_us == INT64_MIN ? "from its beginning"
						 : writ_report_moment(question->since_us, from),
		 question->until_us == INT64_MAX ? "its end"
						 : writ_report_moment(question->until_us, to));
	put_span(file, "found", writ_report_moment(report->first_us, from),
		 writ_report_moment(report->last_us, to));
	(void)fprintf(file, "<dt>lines</dt><dd>%" PRIu64 "</dd>\n", report->lines);
	put_row(file, "environment", report->environment);
	writ_report_verification(report, text, sizeof(text));
	put_row(file, "trail", text);
	(void)fputs("</dl>\n", file);
}

static void put_gaps(const struct writ_report *report, FILE *file)
{
	char moment[WRIT_REPORT_TIME_SIZE];

	if (!report->n_gaps)
		return;
	(void)fputs("<h2>Missing records</h2>\n<table><thead><tr><th>noticed</th>"
		    "<th class=\"n\">records</th><th>why</th><th class=\"n\">CPU</th></tr></thead>"
		    "<tbody>\n",
		    file);
	for (size_t i = 0; i < report->n_gaps; i++) {
		const struct writ_report_gap *gap = &report->gaps[i];

		(void)fprintf(file,
			      "<tr><td class=\"t\">%s</td><td class=\"n\">%+" PRId64 "</td><td>",
			      writ_report_moment(gap->time_us, moment), gap->missing);
		put(file, gap->reason);
		(void)fputs("</td><td class=\"n\">", file);
		if (gap->cpu >= 0)
			(void)fprintf(file, "%" PRId64, gap->cpu);
		(void)fputs("</td></tr>\n", file);
	}
	(void)fputs("</tbody></table>\n", file);
	if (report->more_gaps)
		(void)fprintf(file, "<p>and %" PRIu64 " more gaps</p>\n", report->more_gaps);
}

static void put_steps(const struct writ_report_grant *grant, FILE *file)
{
	char moment[WRIT_REPORT_TIME_SIZE];

	for (size_t i = 0; i < grant->n_steps; i++) {
		const struct writ_report_step *step = &grant->steps[i];

		(void)fprintf(file, "<dt>%s</dt><dd>%s <b>", i ? "" : "life",
			      writ_report_moment(step->time_us, moment));
		put(file, step->event);
		(void)fputs("</b>", file);
		(void)fputs(step->by && *step->by ? " by " : "", file);
		put_name(file, step->by);
		(void)fputs(step->detail ? ": " : "", file);
		put_name(file, step->detail);
		(void)fputs("</dd>\n", file);
	}
	if (grant->more_steps)
		(void)fprintf(file, "<dt></dt><dd>and %" PRIu64 " more steps</dd>\n",
			      grant->more_steps);
}

static void put_life(const struct writ_report *report, const struct writ_report_grant *grant,
		     FILE *file)
{
	char issued[WRIT_REPORT_TIME_SIZE], ended[WRIT_REPORT_TIME_SIZE], held[64];

	writ_report_held(report, grant, held, sizeof(held));
	(void)fprintf(file, "<dt>issued</dt><dd>%s</dd>\n<dt>ended</dt><dd>%s ",
		      grant->issued_us == INT64_MIN ? "before what was looked at"
						    : writ_report_moment(grant->issued_us, issued),
		      writ_report_moment(grant->ended_us, ended));
	put(file, grant->end);
	(void)fprintf(file, "</dd>\n<dt>held</dt><dd>%s</dd>\n", held);
	put_steps(grant, file);
	(void)fprintf(file,
		      "<dt>decisions</dt><dd>%" PRIu64 " allowed, %" PRIu64 " denied (%" PRIu64
		      " since it was over), %" PRIu64 " would be denied</dd>\n",
		      grant->allowed, grant->denied, grant->after, grant->would_deny);
}

static void put_grant(const struct writ_report *report, const struct writ_report_grant *grant,
		      FILE *file)
{

	(void)fprintf(file, "<section class=\"card\"><h2>Grant %" PRIu64 " ", grant->number);
	put_name(file, grant->words[WRIT_REPORT_WORD_PLAYBOOK]);
	(void)fputs("</h2>\n<dl>\n", file);
	for (int i = 0; i < WRIT_REPORT_WORD_COUNT; i++) {
		const char *label, *said = writ_report_said(grant, i, &label);

		put_row(file, label, said);
	}
	for (int i = 0; i < 4; i++)
		put_row(file, writ_report_context_keys[i], grant->context[i]);
	put_life(report, grant, file);
	(void)fputs("</dl></section>\n", file);
}

static void put_entry(const struct writ_report_entry *entry, FILE *file)
{
	char moment[WRIT_REPORT_TIME_SIZE];

	(void)fprintf(file,
		      "<tr><td class=\"t\">%s</td><td class=\"n\">%" PRIu64 "</td><td class=\"b\">",
		      writ_report_moment(entry->first_us, moment), entry->count);
	if (entry->grant)
		(void)fprintf(file, "grant %" PRIu64, entry->grant);
	else
		(void)fputs("role", file);
	(void)fputs("</td><td>", file);
	put(file, entry->operation);
	(void)fputs("</td><td class=\"o\">", file);
	put_name(file, entry->object);
	(void)fputs(entry->argv ? "<br><span class=\"soft\">argv</span> " : "", file);
	put_name(file, entry->argv);
	(void)fputs(entry->cut ? " <span class=\"soft\">(cut)</span>" : "", file);
	(void)fputs(entry->remedy ? "<br><span class=\"soft\">remedy</span> " : "", file);
	put_name(file, entry->remedy);
	(void)fputs("</td><td class=\"r\">", file);
	put(file, entry->reason);
	(void)fputs("</td></tr>\n", file);
}

static void put_section(const struct writ_report *report, int section, FILE *file)
{
	const struct writ_report_list *list = &report->sections[section];

	if (!list->decisions && section != WRIT_REPORT_DENIED)
		return;
	(void)fprintf(file, "<h2>%s <small>%" PRIu64 " decisions</small></h2>\n",
		      writ_report_section_titles[section], list->decisions);
	if (!list->n)
		return;
	(void)fputs("<table><thead><tr><th>first</th><th class=\"n\">times</th><th>by</th>"
		    "<th>operation</th><th>object</th><th>reason</th></tr></thead><tbody>\n",
		    file);
	for (size_t i = 0; i < list->n; i++)
		put_entry(&list->entries[i], file);
	(void)fputs("</tbody></table>\n", file);
	if (list->more)
		(void)fprintf(file,
			      "<p>and %" PRIu64 " more decisions on others than these %zu: ask "
			      "<code>writ audit query</code></p>\n",
			      list->more, list->n);
}

static void put_run(const struct writ_report_run *run, FILE *file)
{
	char moment[WRIT_REPORT_TIME_SIZE];

	(void)fprintf(file, "<tr><td class=\"t\">%s", writ_report_moment(run->first_us, moment));
	if (run->count > 1)
		(void)fprintf(file, "<br><span class=\"soft\">until %s</span>",
			      writ_report_moment(run->last_us, moment) + sizeof("2026-11-22"));
	(void)fprintf(file, "</td><td class=\"n\">%" PRIu64 "</td><td class=\"", run->count);
	put(file, run->kind);
	(void)fputs("\">", file);
	put(file, run->kind);
	(void)fputs("</td><td>", file);
	put(file, run->what);
	(void)fputs("</td><td class=\"o\">", file);
	put_name(file, run->object);
	(void)fputs("</td><td class=\"r\">", file);
	put_name(file, run->reason);
	if (run->grant)
		(void)fprintf(file, "%sgrant %" PRIu64, run->reason && *run->reason ? ", " : "",
			      run->grant);
	(void)fputs("</td></tr>\n", file);
}

static void put_time_line(const struct writ_report *report, FILE *file)
{
	const struct writ_report_run *run;

	(void)fputs("<h2>Events in order</h2>\n<table><thead><tr><th>time (UTC)</th>"
		    "<th class=\"n\">times</th><th>what</th><th></th><th>object</th>"
		    "<th>by, reason</th></tr></thead><tbody>\n",
		    file);
	for (size_t i = 0; (run = writ_report_run(report, i)); i++) {
		if (i == WRIT_REPORT_RUNS_MAX && report->more_runs)
			(void)fprintf(file,
				      "<tr><td colspan=\"6\">and %" PRIu64 " more here</td></tr>\n",
				      report->more_runs);
		put_run(run, file);
	}
	(void)fputs("</tbody></table>\n", file);
}

int writ_report_html(const struct writ_report *report, FILE *file)
{
	char moment[WRIT_REPORT_TIME_SIZE];

	put_head(report, file);
	(void)fputs("<h2>Time line</h2>\n", file);
	writ_report_picture(report, file);
	(void)fputs(
		"<p class=\"key soft\"><span style=\"background:var(--allowed)\"></span>allowed"
		"<span style=\"background:var(--bad)\"></span>denied"
		"<span style=\"background:var(--odd)\"></span>would be denied"
		"<span style=\"background:var(--lane)\"></span>a grant is held"
		"<span style=\"border-left:2px dashed var(--bad)\"></span>records missing</p>\n",
		file);
	put_gaps(report, file);
	for (size_t i = 0; i < report->n_grants; i++)
		put_grant(report, &report->grants[i], file);
	if (report->more_grants)
		(void)fprintf(file, "<p>and %" PRIu64 " more lines of grants beyond these</p>\n",
			      report->more_grants);
	for (int i = 0; i < WRIT_REPORT_SECTION_COUNT; i++)
		put_section(report, i, file);
	put_time_line(report, file);
	(void)fprintf(file,
		      "<footer>Made %s by writ audit report. All times are "
		      "UTC.</footer>\n</body></html>\n",
		      writ_report_moment(report->made_us, moment));
	return fflush(file) || ferror(file) ? WRIT_EXIT_FAILED : WRIT_EXIT_OK;
}
