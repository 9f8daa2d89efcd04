/* SPDX-License-Identifier: Apache-2.0 */
/* `writ run`: starts a command as an agent, with the rights that the agent has. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/control.h"
#include "cli/launch.h"
#include "compile/policy.h"

struct run {
	struct writ_launch launch;
	const char *policy; /* as given */
};

/* The agent's cgroup as the core has it. */
static int choose_by_core(struct run *run)
{
	_cleanup_answer_ struct writ_answer answer = {0};
	struct writ_request request = writ_control_request(WRIT_VERB_AGENTS);
	struct writ_launch *launch = &run->launch;
	int err = writ_control_ask(&launch->cli, &request, &answer);

	if (err)
		return err;
	for (size_t i = 0; i < answer.count; i++) {
		const struct writ_agent_row *row = &answer.rows[i].agent;

		if (!strcmp(row->name, launch->agent))
			return writ_launch_choose(launch, row->cgroup, sizeof(row->cgroup));
	}
	return writ_options_fail(&launch->cli, WRIT_EXIT_RUN,
				 "the applied policy has no agent %s: see 'writ agents'",
				 launch->agent);
}

/* The same from policy files. */
static int choose_by_files(struct run *run)
{
	__attribute__((cleanup(writ_diagnostics_free))) struct writ_diagnostics diags = {0};
	__attribute__((cleanup(writ_policy_freep))) struct writ_policy *policy = NULL;
	struct writ_launch *launch = &run->launch;
	const struct writ_policy_agent *agent;

	if (writ_policy_load(&run->policy, 1, &diags, &policy))
		return writ_options_fail(&launch->cli, WRIT_EXIT_RUN,
					 "the policy in %s has errors: see 'writ policy check %s'",
					 run->policy, run->policy);
	agent = writ_policy_agent(policy, launch->agent);
	if (!agent)
		return writ_options_fail(&launch->cli, WRIT_EXIT_RUN, "no agent %s in %s",
					 launch->agent, run->policy);
	return writ_launch_choose(launch, agent->cgroup, 0);
}

static int choose(struct run *run)
{
	if (run->launch.cgroup)
		return writ_launch_choose(&run->launch, NULL, 0);
	return run->policy ? choose_by_files(run) : choose_by_core(run);
}

static int parse(struct run *run, int argc, char **argv)
{
	struct writ_launch *launch = &run->launch;
	const struct writ_option options[] = {WRIT_OPTIONS_COMMON(&launch->cli),
					      {.name = "cgroup", .value = &launch->cgroup},
					      {.name = "policy", .value = &run->policy},
					      {0}};
	struct writ_arguments arguments;
	int err = writ_options_parse(&launch->cli, options, argc, argv, &arguments);

	if (err)
		return err;
	if (arguments.count != 1 || !arguments.rest || !arguments.rest[0])
		return writ_options_usage(&launch->cli,
					  "name one agent, and the command behind '--'");
	launch->agent = arguments.positional[0];
	launch->command = arguments.rest;
	return WRIT_EXIT_OK;
}

static int run_main(int argc, char **argv)
{
	struct run run = {.launch.cli = {.program = true, .least = WRIT_EXIT_RUN}};
	int err = parse(&run, argc, argv);

	if (!err)
		err = writ_launch_permit(&run.launch);
	if (!err)
		err = choose(&run);
	return err ? err : writ_launch_in(&run.launch);
}

const struct writ_command writ_command_run = {
	.name = "run",
	.arguments = "AGENT [--cgroup PATH] [--policy DIR] -- COMMAND [ARGUMENT ...]",
	.summary = "run a command as an agent",
	.help = "      --cgroup PATH   the cgroup, from the root of the cgroup tree; needed when "
		"the\n"
		"                      agent's own is a pattern\n"
		"      --policy DIR    take the agent's cgroup from these files, not from writd\n"
		"\n"
		"Exits with the status of COMMAND, 128 + N when signal N ended it, 127 when it "
		"was\n"
		"not found, 126 when it could not be executed, 125 when Writ failed.\n",
	.main = run_main,
};
