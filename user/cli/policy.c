/* SPDX-License-Identifier: Apache-2.0 */
/* `writ policy check`: everything that is wrong with policy files, in one run, without writd. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/rows.h"
#include "compile/policy.h"

static json_t *diagnostics_json(const struct writ_diagnostics *diags)
{
	_cleanup_json_ json_t *list = json_array();

	for (size_t i = 0; i < diags->count; i++) {
		const struct writ_diagnostic *item = &diags->items[i];
		bool error = item->severity == WRIT_SEVERITY_ERROR;
		json_t *file = item->file ? writ_output_string(item->file) : json_null();

		if (json_array_append_new(list, json_pack("{s:s, s:o, s:i, s:i, s:o}", "severity",
							  error ? "error" : "warning", "file", file,
							  "line", (int)item->line, "column",
							  (int)item->column, "text",
							  writ_output_string(item->text))))
			return NULL;
	}
	return json_pack("{s:O, s:I, s:I, s:I}", "diagnostics", list, "errors",
			 (json_int_t)diags->errors, "warnings", (json_int_t)diags->warnings,
			 "omitted", (json_int_t)diags->omitted);
}

static void print_diagnostics(const struct writ_diagnostics *diags)
{
	size_t lines = writ_diagnostics_lines(diags);

	for (size_t i = 0; i < lines; i++) {
		bool error = i >= diags->count || diags->items[i].severity == WRIT_SEVERITY_ERROR;
		char line[8192], text[8192];

		(void)writ_diagnostics_format(diags, i, line, sizeof(line));
		(void)printf("%s%s%s\n",
			     writ_output_colour(error ? WRIT_COLOUR_RED : WRIT_COLOUR_YELLOW),
			     writ_output_text(line, text, sizeof(text)), writ_output_plain());
	}
}

static void print_count(const struct writ_policy *policy, const struct writ_diagnostics *diags)
{
	(void)printf("%zu error%s, %zu warning%s", diags->errors, diags->errors == 1 ? "" : "s",
		     diags->warnings, diags->warnings == 1 ? "" : "s");
	if (policy)
		(void)printf(": %zu roles, %zu playbooks, %zu agents", policy->n_roles,
			     policy->n_playbooks, policy->n_agents);
	(void)printf("\n");
}

static int check(const struct writ_cli *cli, const char *const *paths, size_t n_paths)
{
	__attribute__((cleanup(writ_diagnostics_free))) struct writ_diagnostics diags = {0};
	__attribute__((cleanup(writ_policy_freep))) struct writ_policy *policy = NULL;
	int err, printed = WRIT_EXIT_OK;

	err = writ_policy_load(paths, n_paths, &diags, &policy);
	if (!err)
		err = writ_policy_check(policy, &diags);
	if (err && !diags.errors)
		return writ_options_fail(cli, WRIT_EXIT_FAILED, "can't check the policy: %s",
					 strerror(-err));
	writ_diagnostics_sort(&diags);
	if (cli->json) {
		printed = writ_output_json(diagnostics_json(&diags));
	} else {
		print_diagnostics(&diags);
		print_count(policy, &diags);
	}
	return diags.errors ? WRIT_EXIT_FAILED : printed;
}

static int policy_main(int argc, char **argv)
{
	static const char *const verbs[] = {"check", NULL};
	static const char *const standard[] = {WRIT_POLICY_DIR};
	struct writ_cli cli = {0};
	const struct writ_option options[] = {WRIT_OPTIONS_COMMON(&cli), {0}};
	struct writ_arguments arguments;
	const char *verb, *nearest;
	int err;

	err = writ_options_parse(&cli, options, argc, argv, &arguments);
	if (err)
		return err;
	verb = arguments.count ? arguments.positional[0] : "";
	nearest = writ_options_nearest(verb, verbs);
	if (strcmp(verb, "check") && nearest)
		return writ_options_usage(&cli, "unknown 'policy %s': did you mean '%s'?", verb,
					  nearest);
	if (strcmp(verb, "check") || arguments.rest)
		return writ_options_usage(&cli, "write 'policy check [PATH ...]'");
	if (arguments.count == 1)
		return check(&cli, standard, 1);
	return check(&cli, (const char *const *)arguments.positional + 1, arguments.count - 1);
}

const struct writ_command writ_command_policy = {
	.name = "policy",
	.arguments = "check [PATH ...] [--json]",
	.summary = "check policy files without applying them",
	.help = "PATH is a file, or a directory whose *.yaml files are read; " WRIT_POLICY_DIR "\n"
		"without one. Every error and warning is shown, as file:line:column. Exits with 1\n"
		"when there is an error, and with 0 when there are warnings only.\n",
	.main = policy_main,
};
