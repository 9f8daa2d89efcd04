/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See compare_terms.h. Each term is a text, which says whether it changed, and a measure, which
 * says in which direction: of two, the greater lets the agent do more.
 */
#include "compile/compare_terms.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile/compare_rules.h"
#include "compile/terms.h"
#include "compile/windows.h"
#include "lib/cleanup.h"
#include "lib/time.h"

#define UNLIMITED 1e18 /* more than any count or time in ns */
#define WINDOW_TEXT 128

/* "" is a term that is not there. */
typedef void describe(FILE *text, const struct writ_policy_playbook *playbook);
typedef double measure(const struct writ_policy_playbook *playbook);

static void put_count(FILE *text, uint32_t count)
{
	if (count)
		(void)fprintf(text, "%u", count);
}

static void put_time(FILE *text, uint64_t ns)
{
	char time[32];

	writ_time_format(ns, time, sizeof(time));
	if (ns)
		(void)fputs(time, text);
}

static void put_names(FILE *text, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		(void)fprintf(text, "%s%s", i ? "," : "", names[i]);
}

static double limit_of(double limit)
{
	return limit > 0 ? limit : UNLIMITED;
}

/* --- terms ------------------------------------------------------------------------------------ */

static double no_direction(const struct writ_policy_playbook *playbook)
{
	(void)playbook;
	return 0;
}

static void describe_scope(FILE *text, const struct writ_policy_playbook *playbook)
{
	(void)fputs(writ_terms_scope(playbook->scope), text);
}

static double measure_scope(const struct writ_policy_playbook *playbook)
{
	return playbook->scope;
}

static void describe_on_end(FILE *text, const struct writ_policy_playbook *playbook)
{
	(void)fputs(writ_terms_on_end(playbook->on_end), text);
}

static double measure_on_end(const struct writ_policy_playbook *playbook)
{
	return -(double)playbook->on_end;
}

static void describe_risk(FILE *text, const struct writ_policy_playbook *playbook)
{
	(void)fputs(writ_terms_risk(playbook->risk), text);
}

static double measure_risk(const struct writ_policy_playbook *playbook)
{
	return -(double)playbook->risk;
}

static void describe_max_uses(FILE *text, const struct writ_policy_playbook *playbook)
{
	put_count(text, playbook->max_uses);
}

static double measure_max_uses(const struct writ_policy_playbook *playbook)
{
	return limit_of(playbook->max_uses);
}

static void describe_entry(FILE *text, const struct writ_policy_playbook *playbook)
{
	const struct writ_exec_rule *entry;

	if (!playbook->max_uses)
		return;
	entry = &playbook->rules.exec[playbook->entry];
	(void)fputs(entry->path, text);
	for (size_t i = 0; i < entry->n_argv; i++)
		(void)fprintf(text, "%s%s", i ? " " : " argv: ", entry->argv[i]);
}

static void describe_approvals(FILE *text, const struct writ_policy_playbook *playbook)
{
	put_count(text, playbook->approvals);
	if (playbook->n_approvers)
		(void)fputs(" of ", text);
	put_names(text, playbook->approvers, playbook->n_approvers);
}

static double measure_approvals(const struct writ_policy_playbook *playbook)
{
	return -(double)playbook->approvals;
}

static void describe_windows(FILE *text, const struct writ_policy_playbook *playbook)
{
	char window[WINDOW_TEXT];

	for (size_t i = 0; i < playbook->n_windows; i++) {
		writ_windows_format(&playbook->windows[i], window, sizeof(window));
		(void)fprintf(text, "%s%s", i ? "; " : "", window);
	}
}

static double measure_windows(const struct writ_policy_playbook *playbook)
{
	return playbook->n_windows ? 0 : 1;
}

static void describe_environments(FILE *text, const struct writ_policy_playbook *playbook)
{
	put_names(text, playbook->environments, playbook->n_environments);
}

static double measure_environments(const struct writ_policy_playbook *playbook)
{
	return playbook->n_environments ? 0 : 1;
}

static void describe_concurrency(FILE *text, const struct writ_policy_playbook *playbook)
{
	put_count(text, playbook->concurrency);
}

static double measure_concurrency(const struct writ_policy_playbook *playbook)
{
	return limit_of(playbook->concurrency);
}

static void describe_cooldown(FILE *text, const struct writ_policy_playbook *playbook)
{
	put_time(text, playbook->cooldown_ns);
}

static double measure_cooldown(const struct writ_policy_playbook *playbook)
{
	return -(double)playbook->cooldown_ns;
}

static void describe_rate(FILE *text, const struct writ_policy_playbook *playbook)
{
	if (!playbook->rate_count)
		return;
	(void)fprintf(text, "%u per ", playbook->rate_count);
	put_time(text, playbook->rate_per_ns);
}

/* In the long run: how many in a nanosecond. */
static double measure_rate(const struct writ_policy_playbook *playbook)
{
	return playbook->rate_count ? playbook->rate_count / (double)playbook->rate_per_ns
				    : UNLIMITED;
}

static void describe_sponsor(FILE *text, const struct writ_policy_playbook *playbook)
{
	(void)fputs(playbook->needs_sponsor ? "required" : "optional", text);
}

static double measure_sponsor(const struct writ_policy_playbook *playbook)
{
	return playbook->needs_sponsor ? 0 : 1;
}

static void describe_validate(FILE *text, const struct writ_policy_playbook *playbook)
{
	(void)fputs(playbook->validates_ticket ? "true" : "false", text);
}

static double measure_validate(const struct writ_policy_playbook *playbook)
{
	return playbook->validates_ticket ? 0 : 1;
}

static void describe_break_glass(FILE *text, const struct writ_policy_playbook *playbook)
{
	(void)fputs(playbook->break_glass ? "true" : "false", text);
}

static double measure_break_glass(const struct writ_policy_playbook *playbook)
{
	return playbook->break_glass;
}

static const struct term {
	enum writ_change_kind kind;
	describe *describe;
	measure *measure;
} terms[] = {
	{WRIT_CHANGE_SCOPE, describe_scope, measure_scope},
	{WRIT_CHANGE_ON_END, describe_on_end, measure_on_end},
	{WRIT_CHANGE_RISK, describe_risk, measure_risk},
	{WRIT_CHANGE_MAX_USES, describe_max_uses, measure_max_uses},
	{WRIT_CHANGE_ENTRY, describe_entry, no_direction},
	{WRIT_CHANGE_APPROVALS, describe_approvals, measure_approvals},
	{WRIT_CHANGE_WINDOWS, describe_windows, measure_windows},
	{WRIT_CHANGE_ENVIRONMENTS, describe_environments, measure_environments},
	{WRIT_CHANGE_CONCURRENCY, describe_concurrency, measure_concurrency},
	{WRIT_CHANGE_COOLDOWN, describe_cooldown, measure_cooldown},
	{WRIT_CHANGE_RATE, describe_rate, measure_rate},
	{WRIT_CHANGE_SPONSOR, describe_sponsor, measure_sponsor},
	{WRIT_CHANGE_VALIDATE, describe_validate, measure_validate},
	{WRIT_CHANGE_BREAK_GLASS, describe_break_glass, measure_break_glass},
};

/* --- changes ---------------------------------------------------------------------------------- */

/* A change when the texts differ; they are copied, and "" becomes NULL. */
static int add(struct writ_comparison *out, const struct writ_change *common,
	       enum writ_change_kind kind, const char *const texts[2], double freer)
{
	struct writ_change change = {.kind = kind,
				     .effect = freer > 0   ? WRIT_CHANGE_GAINS
					       : freer < 0 ? WRIT_CHANGE_LOSES
							   : WRIT_CHANGE_OTHER};
	const char *kept[2] = {NULL, NULL};

	if (!strcmp(texts[0], texts[1]))
		return 0;
	for (int i = 0; i < 2; i++) {
		if (*texts[i])
			kept[i] = writ_arena_text(&out->arena, texts[i], strlen(texts[i]));
		if (*texts[i] && !kept[i])
			return -ENOMEM;
	}
	change.before = kept[0];
	change.after = kept[1];
	return writ_compare_add(out, common, change);
}

/* The caller frees it; NULL: no memory. */
static char *text_of(const struct term *term, const struct writ_policy_playbook *playbook)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	if (!file)
		return NULL;
	term->describe(file, playbook);
	return fclose(file) ? NULL : take_ptr(text);
}

int writ_compare_terms(struct writ_comparison *out, const struct writ_change *common,
		       const struct writ_policy_playbook *before,
		       const struct writ_policy_playbook *after)
{
	int err = 0;

	for (size_t i = 0; i < sizeof(terms) / sizeof(terms[0]) && !err; i++) {
		_cleanup_free_ char *old = text_of(&terms[i], before);
		_cleanup_free_ char *new = text_of(&terms[i], after);
		const char *const texts[2] = {old, new};

		err = old && new ? add(out, common, terms[i].kind, texts,
				       terms[i].measure(after) - terms[i].measure(before))
				 : -ENOMEM;
	}
	return err;
}

int writ_compare_limits(struct writ_comparison *out, const struct writ_change *common,
			const struct writ_policy_role *before, const struct writ_policy_role *after)
{
	const char *const risks[2] = {writ_terms_risk(before->risk), writ_terms_risk(after->risk)};
	char old[32] = "", new[32] = "";
	const char *const times[2] = {old, new};
	int err;

	if (before->ttl_max_ns)
		writ_time_format(before->ttl_max_ns, old, sizeof(old));
	if (after->ttl_max_ns)
		writ_time_format(after->ttl_max_ns, new, sizeof(new));
	err = add(out, common, WRIT_CHANGE_TTL, times,
		  limit_of((double)after->ttl_max_ns) - limit_of((double)before->ttl_max_ns));
	return err ? err
		   : add(out, common, WRIT_CHANGE_RISK, risks,
			 (double)after->risk - (double)before->risk);
}
