/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `writ exec`: starts a command as the agent that holds a grant, in a cgroup of its own below the
 * agent's, with an environment that holds nothing of the caller's but what is listed. The agent
 * holds the grant, so the command does; when it ends, the kernel denies to both.
 */
#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/control.h"
#include "cli/exec_env.h"
#include "cli/launch.h"
#include "lib/cleanup.h"

struct exec {
	struct writ_launch launch;
	__u64 grant;
};

static int parse(struct exec *exec, int argc, char **argv)
{
	struct writ_launch *launch = &exec->launch;
	const struct writ_option options[] = {WRIT_OPTIONS_COMMON(&launch->cli),
					      {.name = "cgroup", .value = &launch->cgroup},
					      {0}};
	struct writ_arguments arguments;
	int err = writ_options_parse(&launch->cli, options, argc, argv, &arguments);

	if (err)
		return err;
	if (arguments.count != 1 || !arguments.rest || !arguments.rest[0])
		return writ_options_usage(&launch->cli,
					  "name one grant, and the command behind '--'");
	launch->command = arguments.rest;
	return writ_control_grant(&launch->cli, arguments.positional[0], &exec->grant);
}

static int ask(const struct exec *exec, struct writ_answer *answer)
{
	struct writ_request request = writ_control_request(WRIT_VERB_EXEC);
	int err;

	request.grant = exec->grant;
	err = writ_control_ask(&exec->launch.cli, &request, answer);
	if (err || answer->count == 1)
		return err;
	return writ_options_fail(&exec->launch.cli, WRIT_EXIT_RUN,
				 "writd gave %zu answers about grant %llu: see its log",
				 answer->count, (unsigned long long)exec->grant);
}

static int build(const struct exec *exec, const struct writ_exec_row *row, char ***ret_env)
{
	const struct passwd *user = getpwuid(geteuid());
	const struct writ_exec_env from = {
		.caller = environ,
		.list = row->env,
		.list_size = row->env_size,
		.user = user ? user->pw_name : "root",
		.home = user ? user->pw_dir : "/root",
		.shell = user && *user->pw_shell ? user->pw_shell : "/bin/sh",
		.agent = row->agent,
		.grant = exec->grant,
	};
	int err = writ_exec_env_build(&from, ret_env);

	if (err == -EBADMSG)
		return writ_options_fail(&exec->launch.cli, WRIT_EXIT_RUN,
					 "writd sent an environment that no policy can name: "
					 "install writ and writd of the same version");
	return err ? writ_options_fail(&exec->launch.cli, WRIT_EXIT_RUN, "out of memory")
		   : WRIT_EXIT_OK;
}

static int exec_main(int argc, char **argv)
{
	struct exec exec = {.launch.cli = {.program = true, .least = WRIT_EXIT_RUN}};
	_cleanup_answer_ struct writ_answer answer = {0};
	_cleanup_(writ_exec_env_free) char **env = NULL;
	const struct writ_exec_row *row;
	int err = parse(&exec, argc, argv);

	if (!err)
		err = writ_launch_permit(&exec.launch);
	if (!err)
		err = ask(&exec, &answer);
	if (err)
		return err;
	row = &answer.rows[0].exec;
	exec.launch.agent = row->agent;
	err = build(&exec, row, &env);
	if (!err)
		err = writ_launch_choose(&exec.launch, row->cgroup, sizeof(row->cgroup));
	if (err)
		return err;
	exec.launch.env = env;
	return writ_launch_below(&exec.launch, exec.grant);
}

const struct writ_command writ_command_exec = {
	.name = "exec",
	.arguments = "GRANT [--cgroup PATH] -- COMMAND [ARGUMENT ...]",
	.summary = "run a command under a grant, with a clean environment",
	.help = "      --cgroup PATH   the agent's cgroup, from the root of the cgroup tree; "
		"needed\n"
		"                      when the agent's own is a pattern\n"
		"\n"
		"GRANT is the number that 'writ grant' and 'writ grants' show. The command runs "
		"as\n"
		"the grant's agent, in a new cgroup below the agent's. Its environment is PATH (a\n"
		"fixed one), HOME, USER, LOGNAME, SHELL, WRIT_GRANT, WRIT_AGENT, the caller's "
		"TERM,\n"
		"LANG, LANGUAGE, LC_* and TZ, and what the playbook names with 'env'.\n"
		"\n"
		"Exits with the status of COMMAND, 128 + N when signal N ended it, 127 when it "
		"was\n"
		"not found, 126 when it could not be executed, 125 when Writ failed.\n",
	.main = exec_main,
};
