/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `writ run`: starts a command as an agent. It is started only after the kernel side has said that
 * the cgroup is the agent's, and executed only after it was seen to be in that cgroup.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cgroup.h"
#include "cli/command.h"
#include "cli/control.h"
#include "cli/spawn.h"
#include "compile/policy.h"
#include "lib/cleanup.h"

struct run {
	struct writ_cli cli;
	const char *agent;
	const char *cgroup; /* as given */
	const char *policy; /* as given */
	char **command;
	char path[WRIT_CGROUP_PATH_SIZE];
};

static int fail(const struct run *run, const char *what, const char *on, int err)
{
	return writ_options_fail(&run->cli, WRIT_EXIT_RUN, "%s %s: %s", what, on, strerror(-err));
}

/* The agent's cgroup pattern as the core has it. Returns an exit code. */
static int ask_pattern(const struct run *run, char *ret_pattern, size_t size)
{
	_cleanup_answer_ struct writ_answer answer = {0};
	struct writ_request request = writ_control_request(WRIT_VERB_AGENTS);

	if (writ_control_ask(&run->cli, &request, &answer))
		return WRIT_EXIT_RUN;
	for (size_t i = 0; i < answer.count; i++) {
		const struct writ_agent_row *row = &answer.rows[i].agent;

		if (strcmp(row->name, run->agent))
			continue;
		if (strlen(row->cgroup) == sizeof(row->cgroup) - 1)
			return writ_options_fail(&run->cli, WRIT_EXIT_RUN,
						 "the cgroup pattern of %s is too long to be sent: "
						 "give --cgroup or --policy",
						 run->agent);
		(void)snprintf(ret_pattern, size, "%s", row->cgroup);
		return WRIT_EXIT_OK;
	}
	return writ_options_fail(&run->cli, WRIT_EXIT_RUN,
				 "the applied policy has no agent %s: see 'writ agents'",
				 run->agent);
}

/* The same from policy files. */
static int read_pattern(const struct run *run, char *ret_pattern, size_t size)
{
	__attribute__((cleanup(writ_diagnostics_free))) struct writ_diagnostics diags = {0};
	__attribute__((cleanup(writ_policy_freep))) struct writ_policy *policy = NULL;
	const struct writ_policy_agent *agent;

	if (writ_policy_load(&run->policy, 1, &diags, &policy))
		return writ_options_fail(&run->cli, WRIT_EXIT_RUN,
					 "the policy in %s has errors: see 'writ policy check %s'",
					 run->policy, run->policy);
	agent = writ_policy_agent(policy, run->agent);
	if (!agent)
		return writ_options_fail(&run->cli, WRIT_EXIT_RUN, "no agent %s in %s", run->agent,
					 run->policy);
	(void)snprintf(ret_pattern, size, "%s", agent->cgroup);
	return WRIT_EXIT_OK;
}

static int choose_path(struct run *run)
{
	char pattern[WRIT_PATH_SIZE] = "";
	int err;

	if (!run->cgroup) {
		err = run->policy ? read_pattern(run, pattern, sizeof(pattern))
				  : ask_pattern(run, pattern, sizeof(pattern));
		if (err)
			return err;
		if (!writ_cgroup_is_literal(pattern))
			return writ_options_fail(&run->cli, WRIT_EXIT_RUN,
						 "the cgroup of %s is a pattern, %s: choose one "
						 "that it matches with --cgroup PATH",
						 run->agent, pattern);
	}
	if (snprintf(run->path, sizeof(run->path), "%s", run->cgroup ? run->cgroup : pattern) >=
		    (int)sizeof(run->path) ||
	    !writ_cgroup_is_plain(run->path))
		return writ_options_fail(&run->cli, WRIT_EXIT_RUN,
					 "'%s' is no path of a cgroup: write it from the root of "
					 "the cgroup tree, such as /agents/%s",
					 run->path, run->agent);
	return WRIT_EXIT_OK;
}

static int open_cgroup(const struct run *run, int *ret_fd)
{
	struct writ_request request = writ_control_request(WRIT_VERB_ENROLLED);
	_cleanup_answer_ struct writ_answer answer = {0};
	_cleanup_close_ int fd = -1;
	char mount[PATH_MAX];
	uint64_t id = 0;
	int err;

	err = writ_cgroup_mount(WRIT_MOUNTINFO, mount, sizeof(mount));
	if (err)
		return writ_options_fail(&run->cli, WRIT_EXIT_RUN,
					 "no cgroup v2 tree is mounted: 'mount -t cgroup2 none "
					 "/sys/fs/cgroup' on a host without systemd");
	err = writ_cgroup_open(mount, run->path, &fd, &id);
	if (err)
		return fail(run, "can't make or open the cgroup", run->path, err);
	err = writ_control_field(&run->cli, "the agent's name", run->agent, request.agent,
				 sizeof(request.agent));
	request.cgroup = id;
	if (err || writ_control_ask(&run->cli, &request, &answer))
		return WRIT_EXIT_RUN;
	*ret_fd = take_fd(&fd);
	return WRIT_EXIT_OK;
}

static int not_executed(const struct run *run, int err)
{
	const char *program = run->command[0];

	if (err == -ENOENT)
		return writ_options_fail(&run->cli, WRIT_EXIT_NOT_FOUND, "%s: not found", program);
	if (err == -EPERM || err == -EACCES)
		return writ_options_fail(
			&run->cli, WRIT_EXIT_NOT_EXECUTED,
			"the role of %s doesn't allow execution of %s, or it is no "
			"program: see 'writ audit tail'",
			run->agent, program);
	return writ_options_fail(&run->cli, WRIT_EXIT_NOT_EXECUTED, "can't execute %s: %s", program,
				 strerror(-err));
}

static int start(const struct run *run, int cgroup_fd)
{
	__attribute__((cleanup(writ_spawn_kill))) struct writ_child child = {0};
	int err, status;

	err = writ_spawn_start(cgroup_fd, run->command, &child);
	if (err)
		return fail(run, "can't start a process in the cgroup", run->path, err);
	err = writ_cgroup_member(child.pid, run->path);
	if (err)
		return fail(run, "the process that was started is not in the cgroup", run->path,
			    err);
	err = writ_spawn_release(&child);
	if (err)
		return not_executed(run, err);
	status = writ_spawn_wait(&child);
	if (!WIFSIGNALED(status))
		return WEXITSTATUS(status);
	if (WTERMSIG(status) != SIGKILL)
		return 128 + WTERMSIG(status);
	return writ_options_fail(&run->cli, 128 + SIGKILL,
				 "%s was killed: 'writ audit tail' shows whether Writ did it, for "
				 "arguments that are not allowed",
				 run->command[0]);
}

static int parse(struct run *run, int argc, char **argv)
{
	const struct writ_option options[] = {WRIT_OPTIONS_COMMON(&run->cli),
					      {.name = "cgroup", .value = &run->cgroup},
					      {.name = "policy", .value = &run->policy},
					      {0}};
	struct writ_arguments arguments;

	if (writ_options_parse(&run->cli, options, argc, argv, &arguments))
		return WRIT_EXIT_RUN;
	if (arguments.count != 1 || !arguments.rest || !arguments.rest[0]) {
		(void)writ_options_usage(&run->cli, "name one agent, and the command behind '--'");
		return WRIT_EXIT_RUN;
	}
	run->agent = arguments.positional[0];
	run->command = arguments.rest;
	return WRIT_EXIT_OK;
}

static int run_main(int argc, char **argv)
{
	_cleanup_close_ int fd = -1;
	struct run run = {.cli.program = true};
	int err;

	err = parse(&run, argc, argv);
	if (err)
		return err;
	if (geteuid())
		return writ_options_fail(&run.cli, WRIT_EXIT_RUN,
					 "only root may start a process in an agent's cgroup: use "
					 "'sudo writ run ...'");
	err = choose_path(&run);
	if (!err)
		err = open_cgroup(&run, &fd);
	if (!err)
		err = start(&run, fd);
	return err;
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
