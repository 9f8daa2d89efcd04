/* SPDX-License-Identifier: Apache-2.0 */
/* `writ policy diff`: what each agent gains and loses, in sentences. Exits as diff(1) does. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/policy.h"
#include "compile/compare.h"
#include "lib/cleanup.h"

/* Policy has no difference: 0. Some: 1. No answer: 2. */
#define EXIT_DIFFERENT WRIT_EXIT_FAILED
#define EXIT_NO_ANSWER WRIT_EXIT_USAGE

static const char *const effects[] = {
	[WRIT_CHANGE_GAINS] = "gains",
	[WRIT_CHANGE_LOSES] = "loses",
	[WRIT_CHANGE_OTHER] = "changes",
};

static void describe_rule(const struct writ_change *change, char *ret_text, size_t size)
{
	bool gains = change->effect == WRIT_CHANGE_GAINS;
	bool gone = change->kind == WRIT_CHANGE_DENY ? gains : !gains;
	char access[128];

	writ_policy_access(change->access, access, sizeof(access));
	(void)snprintf(ret_text, size, "%s %s %s%s%s%s (%s%s)",
		       change->kind == WRIT_CHANGE_DENY
			       ? gone ? "is no longer denied" : "is now denied"
		       : gone ? "can no longer"
			      : "can now",
		       access, change->kind == WRIT_CHANGE_DENY ? "on " : "", change->object,
		       change->playbook ? " with playbook " : "",
		       change->playbook ? change->playbook : "", gone ? "was " : "", change->at);
}

static void describe_value(const struct writ_change *change, char *ret_text, size_t size)
{
	const char *before = change->before ? change->before : "none";
	const char *after = change->after ? change->after : "none";

	if (change->playbook)
		(void)snprintf(ret_text, size, "has playbook %s with %s%s%s %s instead of %s",
			       change->playbook, writ_compare_kind(change->kind),
			       change->object ? " " : "", change->object ? change->object : "",
			       after, before);
	else
		(void)snprintf(ret_text, size, "has %s %s instead of %s",
			       writ_compare_kind(change->kind), after, before);
}

/* The sentence without its subject, the agent. */
static void describe(const struct writ_change *change, char *ret_text, size_t size)
{
	bool gains = change->effect == WRIT_CHANGE_GAINS;

	switch (change->kind) {
	case WRIT_CHANGE_AGENT:
		(void)snprintf(ret_text, size,
			       gains ? "is new, with role %s" : "is gone; it had role %s",
			       gains ? change->after : change->before);
		return;
	case WRIT_CHANGE_PLAYBOOK:
		(void)snprintf(ret_text, size, "can %s be granted playbook %s",
			       gains ? "now" : "no longer", change->object);
		return;
	case WRIT_CHANGE_CAPABILITY:
		(void)snprintf(ret_text, size, "can %s use %s", gains ? "now" : "no longer",
			       change->object);
		return;
	case WRIT_CHANGE_AUDIT:
		(void)snprintf(ret_text, size, "is recorded as %s instead of %s on %s%s%s (%s)",
			       change->after, change->before, change->object,
			       change->playbook ? " with playbook " : "",
			       change->playbook ? change->playbook : "", change->at);
		return;
	case WRIT_CHANGE_ALLOW:
	case WRIT_CHANGE_DENY:
		describe_rule(change, ret_text, size);
		return;
	default:
		describe_value(change, ret_text, size);
	}
}

static void show(const struct writ_comparison *comparison)
{
	static const enum writ_colour colours[] = {
		[WRIT_CHANGE_GAINS] = WRIT_COLOUR_YELLOW,
		[WRIT_CHANGE_LOSES] = WRIT_COLOUR_NONE,
		[WRIT_CHANGE_OTHER] = WRIT_COLOUR_NONE,
	};

	for (size_t i = 0; i < comparison->count; i++) {
		const struct writ_change *change = &comparison->changes[i];
		const char *colour = writ_output_colour(colours[change->effect]);
		char sentence[8192], text[8192];

		describe(change, sentence, sizeof(sentence));
		(void)printf("%s%s %s%s\n", colour, change->agent,
			     writ_output_text(sentence, text, sizeof(text)),
			     *colour ? writ_output_plain() : "");
	}
	if (!comparison->count)
		(void)printf("no difference in effect\n");
}

static json_t *change_json(const struct writ_change *change)
{
	char sentence[8192];

	describe(change, sentence, sizeof(sentence));
	return json_pack("{s:s, s:s, s:s, s:s?, s:o, s:o, s:o, s:o, s:o, s:o}", "agent",
			 change->agent, "effect", effects[change->effect], "what",
			 writ_compare_kind(change->kind), "playbook", change->playbook, "object",
			 change->object ? writ_output_string(change->object) : json_null(),
			 "access", writ_policy_access_json(change->access), "before",
			 change->before ? writ_output_string(change->before) : json_null(), "after",
			 change->after ? writ_output_string(change->after) : json_null(), "rule",
			 change->at ? writ_output_string(change->at) : json_null(), "text",
			 writ_output_string(sentence));
}

static int show_json(const struct writ_comparison *comparison)
{
	json_t *list = json_array();

	for (size_t i = 0; i < comparison->count; i++)
		(void)json_array_append_new(list, change_json(&comparison->changes[i]));
	return writ_output_json(json_pack("{s:o}", "changes", list));
}

static int diff(const struct writ_cli *cli, const char *old, const char *new)
{
	_cleanup_(writ_policy_freep) struct writ_policy *before = NULL, *after = NULL;
	_cleanup_(writ_diagnostics_free) struct writ_diagnostics diags = {0};
	_cleanup_(writ_compare_free) struct writ_comparison comparison = {0};
	int err = writ_policy_open(cli, &old, 1, EXIT_NO_ANSWER, &before);
	char text[2048];

	if (!err)
		err = writ_policy_open(cli, &new, 1, EXIT_NO_ANSWER, &after);
	if (err)
		return err;
	err = writ_compare(before, after, &diags, &comparison);
	writ_diagnostics_join(&diags, text, sizeof(text));
	if (err)
		return writ_options_fail(cli, EXIT_NO_ANSWER, "%s", *text ? text : strerror(-err));
	if (!cli->json)
		show(&comparison);
	else if (show_json(&comparison))
		return EXIT_NO_ANSWER;
	return comparison.count ? EXIT_DIFFERENT : WRIT_EXIT_OK;
}

int writ_policy_diff_main(int argc, char **argv)
{
	struct writ_cli cli = {0};
	struct writ_policy_paths paths;
	int err = writ_policy_parse(&cli, "diff OLD NEW", 2, 2, argc, argv, &paths);

	return err ? err : diff(&cli, paths.items[0], paths.items[1]);
}
