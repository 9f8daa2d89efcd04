/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `writ policy apply`: checks the policy here, then has writd read, publish and prove it. The word
 * "applied" is writd's, after it has read the kernel's maps back. A broken policy never gets as
 * far, and the running one stays.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/control.h"
#include "cli/policy.h"
#include "cli/rows.h"
#include "lib/cleanup.h"

/* Errors stop it here, before writd is asked; warnings are shown. */
static int check(const struct writ_cli *cli, const char *path)
{
	_cleanup_(writ_diagnostics_free) struct writ_diagnostics diags = {0};
	_cleanup_(writ_policy_freep) struct writ_policy *policy = NULL;
	int err = writ_policy_load(&path, 1, &diags, &policy);

	if (!err)
		err = writ_policy_check(policy, &diags);
	writ_diagnostics_sort(&diags);
	if (!cli->json)
		writ_policy_print(&diags);
	else if (err && writ_output_json(writ_policy_diagnostics_json(&diags)))
		return WRIT_EXIT_FAILED;
	if (err && diags.errors)
		return writ_options_fail(
			cli, WRIT_EXIT_FAILED,
			"%s has %zu error%s: not applied, the running policy stays", path,
			diags.errors, diags.errors == 1 ? "" : "s");
	if (err)
		return writ_options_fail(cli, WRIT_EXIT_FAILED, "can't check the policy: %s",
					 strerror(-err));
	return WRIT_EXIT_OK;
}

/* Tells writd which policy is meant: what was checked must be what it reads. */
static int ask(const struct writ_cli *cli, const char *path, struct writ_answer *answer)
{
	struct writ_request request = writ_control_request(WRIT_VERB_APPLY);
	_cleanup_free_ char *real = realpath(path, NULL);
	int err = writ_control_field(cli, "the policy's path", real ? real : path,
				     request.parameters[0].value,
				     sizeof(request.parameters[0].value));

	(void)strcpy(request.parameters[0].name, "policy");
	request.n_parameters = 1;
	if (!err)
		err = writ_control_ask(cli, &request, answer);
	if (!err && !answer->count)
		err = writ_options_fail(cli, WRIT_EXIT_FAILED,
					"writd did not say what it applied: see its log");
	return err;
}

static int apply(const struct writ_cli *cli, const char *path)
{
	_cleanup_answer_ struct writ_answer answer = {0};
	int err = check(cli, path);

	if (!err)
		err = ask(cli, path, &answer);
	if (err)
		return err;
	if (cli->json)
		return writ_output_json(writ_rows_status(&answer.rows[0].status));
	(void)printf("applied, generation %llu: read back and proven\n",
		     (unsigned long long)answer.rows[0].status.generation);
	return WRIT_EXIT_OK;
}

int writ_policy_apply_main(int argc, char **argv)
{
	struct writ_cli cli = {0};
	struct writ_policy_paths paths;
	int err = writ_policy_parse(&cli, "apply [PATH]", 0, 1, argc, argv, &paths);

	return err ? err : apply(&cli, paths.items[0]);
}
