/* SPDX-License-Identifier: Apache-2.0 */
/* A report as JSON. */
#include <stdlib.h>
#include <string.h>

#include "cli/audit_report.h"

/* An empty or missing one is left out. */
static void set(json_t *object, const char *key, const char *text)
{
	if (text && *text)
		(void)json_object_set_new(object, key, json_string(text));
}

static void set_number(json_t *object, const char *key, uint64_t number)
{
	(void)json_object_set_new(object, key, json_integer((json_int_t)number));
}

static void set_moment(json_t *object, const char *key, int64_t us)
{
	char moment[WRIT_REPORT_TIME_SIZE];

	if (us == INT64_MIN || us == INT64_MAX)
		return;
	(void)writ_report_moment(us, moment);
	moment[sizeof("2026-11-22") - 1] = 'T';
	set(object, key, moment);
}

static json_t *step_json(const struct writ_report_step *step)
{
	json_t *json = json_object();

	set_moment(json, "time", step->time_us);
	set(json, "event", step->event);
	set(json, "by", step->by);
	set(json, "detail", step->detail);
	return json;
}

static json_t *grant_json(const struct writ_report *report, const struct writ_report_grant *grant)
{
	int64_t end = grant->ended_us == INT64_MIN ? report->last_us : grant->ended_us;
	json_t *json = json_object(), *context = json_object(), *steps = json_array();

	set_number(json, "grant", grant->number);
	if (grant->request)
		set_number(json, "request", grant->request);
	for (int i = 0; i < WRIT_REPORT_WORD_COUNT; i++)
		set(json, writ_report_word(i), grant->words[i]);
	for (int i = 0; i < 4; i++)
		set(context, writ_report_context_keys[i], grant->context[i]);
	(void)json_object_set_new(json, "context", context);
	set_moment(json, "issued", grant->issued_us);
	set_moment(json, "ended", grant->ended_us);
	set(json, "end", grant->end);
	if (grant->issued_us != INT64_MIN && end >= grant->issued_us)
		(void)json_object_set_new(json, "seconds_held",
					  json_real((double)(end - grant->issued_us) / 1e6));
	for (size_t i = 0; i < grant->n_steps; i++)
		(void)json_array_append_new(steps, step_json(&grant->steps[i]));
	(void)json_object_set_new(json, "steps", steps);
	set_number(json, "more_steps", grant->more_steps);
	set_number(json, "allowed", grant->allowed);
	set_number(json, "denied", grant->denied);
	set_number(json, "denied_after_end", grant->after);
	set_number(json, "would_deny", grant->would_deny);
	return json;
}

static json_t *entry_json(const struct writ_report_entry *entry)
{
	json_t *json = json_object();

	if (entry->grant)
		set_number(json, "grant", entry->grant);
	set(json, "operation", entry->operation);
	set(json, "object", entry->object);
	set(json, "argv", entry->argv);
	set(json, "reason", entry->reason);
	set(json, "rule", entry->rule);
	set(json, "remedy", entry->remedy);
	if (entry->cut)
		(void)json_object_set_new(json, "cut", json_true());
	set_number(json, "count", entry->count);
	set_moment(json, "first", entry->first_us);
	set_moment(json, "last", entry->last_us);
	return json;
}

static json_t *section_json(const struct writ_report_list *list)
{
	json_t *json = json_object(), *entries = json_array();

	for (size_t i = 0; i < list->n; i++)
		(void)json_array_append_new(entries, entry_json(&list->entries[i]));
	set_number(json, "decisions", list->decisions);
	set_number(json, "more", list->more);
	(void)json_object_set_new(json, "entries", entries);
	return json;
}

static json_t *run_json(const struct writ_report_run *run)
{
	json_t *json = json_object();

	set_moment(json, "first", run->first_us);
	set_moment(json, "last", run->last_us);
	set_number(json, "count", run->count);
	if (run->grant)
		set_number(json, "grant", run->grant);
	set(json, "kind", run->kind);
	set(json, "what", run->what);
	set(json, "object", run->object);
	set(json, "reason", run->reason);
	return json;
}

static json_t *gaps_json(const struct writ_report *report)
{
	json_t *gaps = json_array();

	for (size_t i = 0; i < report->n_gaps; i++) {
		const struct writ_report_gap *gap = &report->gaps[i];
		json_t *json = json_object();

		set_moment(json, "time", gap->time_us);
		(void)json_object_set_new(json, "missing", json_integer(gap->missing));
		set(json, "reason", gap->reason);
		if (gap->cpu >= 0)
			set_number(json, "cpu", (uint64_t)gap->cpu);
		(void)json_array_append_new(gaps, json);
	}
	return gaps;
}

static void set_head(json_t *json, const struct writ_report *report)
{
	static const char *const states[] = {"whole", "missing", "broken"};
	const struct writ_report_question *question = &report->question;
	char text[5120];

	set(json, question->grant ? "grant" : "agent", question->name);
	set(json, "log", question->log);
	set_moment(json, "log_begins", report->log_from_us);
	set_moment(json, "since", question->since_us);
	set_moment(json, "until", question->until_us);
	set_moment(json, "first", report->first_us);
	set_moment(json, "last", report->last_us);
	set_number(json, "lines", report->lines);
	set(json, "environment", report->environment);
	set(json, "state", states[writ_report_complete(report, text, sizeof(text))]);
	set(json, "complete", text);
	(void)json_object_set_new(
		json, "verified",
		!question->verify ? json_null()
				  : json_boolean(!report->verify_err && !report->verified.fault));
	writ_report_verification(report, text, sizeof(text));
	set(json, "verification", text);
	(void)json_object_set_new(json, "missing", json_integer(report->missing));
	set_number(json, "more_gaps", report->more_gaps);
	set_number(json, "more_grants", report->more_grants);
	set_number(json, "more_runs", report->more_runs);
}

json_t *writ_report_json(const struct writ_report *report)
{
	json_t *json = json_object(), *grants = json_array(), *sections = json_object();
	json_t *runs = json_array();
	const struct writ_report_run *run;

	set_head(json, report);
	for (size_t i = 0; i < report->n_grants; i++)
		(void)json_array_append_new(grants, grant_json(report, &report->grants[i]));
	for (int i = 0; i < WRIT_REPORT_SECTION_COUNT; i++)
		(void)json_object_set_new(sections, writ_report_section_words[i],
					  section_json(&report->sections[i]));
	for (size_t i = 0; (run = writ_report_run(report, i)); i++)
		(void)json_array_append_new(runs, run_json(run));
	(void)json_object_set_new(json, "grants", grants);
	(void)json_object_set_new(json, "sections", sections);
	(void)json_object_set_new(json, "time_line", runs);
	(void)json_object_set_new(json, "gaps", gaps_json(report));
	return json;
}
