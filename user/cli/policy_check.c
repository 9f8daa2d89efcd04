/* SPDX-License-Identifier: Apache-2.0 */
/* `writ policy check`: everything that is wrong with policy files, in one run, without writd. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/host.h"
#include "cli/policy.h"
#include "lib/cleanup.h"

json_t *writ_policy_diagnostics_json(const struct writ_diagnostics *diags)
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

void writ_policy_print(const struct writ_diagnostics *diags)
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
	_cleanup_(writ_diagnostics_free) struct writ_diagnostics diags = {0};
	_cleanup_(writ_policy_freep) struct writ_policy *policy = NULL;
	int err, printed = WRIT_EXIT_OK;

	err = writ_policy_load(paths, n_paths, &diags, &policy);
	if (!err)
		err = writ_policy_check(policy, &diags);
	if (policy)
		writ_host_links(policy, &diags);
	if (err && !diags.errors)
		return writ_options_fail(cli, WRIT_EXIT_FAILED, "can't check the policy: %s",
					 strerror(-err));
	writ_diagnostics_sort(&diags);
	if (cli->json) {
		printed = writ_output_json(writ_policy_diagnostics_json(&diags));
	} else {
		writ_policy_print(&diags);
		print_count(policy, &diags);
	}
	return diags.errors ? WRIT_EXIT_FAILED : printed;
}

int writ_policy_check_main(int argc, char **argv)
{
	struct writ_cli cli = {0};
	struct writ_policy_paths paths;
	int err = writ_policy_parse(&cli, "check [PATH ...]", 0, WRIT_POSITIONALS_MAX, argc, argv,
				    &paths);

	return err ? err : check(&cli, paths.items, paths.count);
}
