/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `writ exec`: runs a command under a grant, with an environment that holds nothing of the caller's
 * but what is listed. A grant of scope run is held by its run's cgroup alone, which the core makes:
 * an agent's process is moved into it and becomes the command; root outside of every agent starts
 * the command in it. Of scope agent, root starts it in a new cgroup below the agent's.
 */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/control.h"
#include "cli/enter.h"
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

/*
 * A run is over when it empties, so a command that is not there would use the grant up. A name
 * without "/" is looked for in a PATH that the playbook may set: that is not known yet.
 */
static int find_command(const struct writ_launch *launch)
{
	const char *program = launch->command[0];

	if (!strchr(program, '/') || !access(program, F_OK) || errno != ENOENT)
		return WRIT_EXIT_OK;
	return writ_options_fail(&launch->cli, WRIT_EXIT_NOT_FOUND, "%s: not found", program);
}

static int ask(struct exec *exec, struct writ_answer *answer)
{
	struct writ_request request = writ_control_request(WRIT_VERB_EXEC);
	uint64_t cgroup = 0;
	int err = WRIT_EXIT_OK;

	if (exec->launch.cgroup)
		err = writ_launch_locate(&exec->launch, &cgroup);
	request.grant = exec->grant;
	request.cgroup = cgroup; /* below which the run is made, if it is not there */
	if (!err)
		err = writ_control_ask(&exec->launch.cli, &request, answer);
	if (err || answer->count == 1)
		return err;
	return writ_options_fail(&exec->launch.cli, WRIT_EXIT_RUN,
				 "writd gave %zu answers about grant %llu: see its log",
				 answer->count, (unsigned long long)exec->grant);
}

static int build(const struct exec *exec, const struct writ_exec_row *row, char ***ret_env)
{
	const struct passwd *user = getpwuid(geteuid()); /* NULL: or the role may not look */
	char unknown[16];
	const struct writ_exec_env from = {
		.caller = environ,
		.list = row->env,
		.list_size = row->env_size,
		.user = user ? user->pw_name : unknown,
		.home = user ? user->pw_dir : "/",
		.shell = user && *user->pw_shell ? user->pw_shell : "/bin/sh",
		.agent = row->agent,
		.grant = exec->grant,
	};
	int err;

	(void)snprintf(unknown, sizeof(unknown), "%u", geteuid());
	err = writ_exec_env_build(&from, ret_env);
	if (err == -EBADMSG)
		return writ_options_fail(&exec->launch.cli, WRIT_EXIT_RUN,
					 "writd sent an environment that no policy can name: "
					 "install writ and writd of the same version");
	return err ? writ_options_fail(&exec->launch.cli, WRIT_EXIT_RUN, "out of memory")
		   : WRIT_EXIT_OK;
}

/* Is @path that of the grant's run, and not of the agent? */
static bool is_run(const struct exec *exec, const char *path)
{
	const char *slash = strrchr(path, '/');
	char name[64];

	(void)snprintf(name, sizeof(name), "/" WRIT_RUN_PREFIX "%llu",
		       (unsigned long long)exec->grant);
	return slash && !strcmp(slash, name);
}

/* In the process of an agent, which is in the run by now. */
static int become(struct exec *exec, const struct writ_exec_row *row)
{
	_cleanup_(writ_exec_env_free) char **env = NULL;
	int err;

	exec->launch.agent = row->agent;
	err = build(exec, row, &env);
	if (err)
		return err;
	exec->launch.env = env;
	return writ_launch_become(&exec->launch);
}

/* As root outside of every agent. */
static int start(struct exec *exec)
{
	_cleanup_answer_ struct writ_answer answer = {0};
	_cleanup_(writ_exec_env_free) char **env = NULL;
	struct writ_launch *launch = &exec->launch;
	const struct writ_exec_row *row;
	int err = writ_launch_permit(launch);

	if (!err)
		err = ask(exec, &answer);
	if (err)
		return err;
	row = &answer.rows[0].exec;
	launch->agent = row->agent;
	err = build(exec, row, &env);
	if (!err && is_run(exec, row->cgroup))
		launch->cgroup = row->cgroup;
	if (!err)
		err = writ_launch_choose(launch, row->cgroup, sizeof(row->cgroup));
	if (err)
		return err;
	launch->env = env;
	return is_run(exec, row->cgroup) ? writ_launch_in(launch)
					 : writ_launch_below(launch, exec->grant);
}

static int exec_main(int argc, char **argv)
{
	struct exec exec = {.launch.cli = {.program = true, .least = WRIT_EXIT_RUN}};
	bool outside = false;
	struct writ_exec_row row;
	int err = parse(&exec, argc, argv);

	if (!err)
		err = find_command(&exec.launch);
	if (!err && (exec.launch.cgroup || exec.launch.cli.socket))
		outside = true; /* agents choose no cgroup, and no control socket */
	else if (!err)
		err = writ_enter_run(&exec.launch.cli, exec.grant, &row, &outside);
	if (err)
		return err;
	return outside ? start(&exec) : become(&exec, &row);
}

const struct writ_command writ_command_exec = {
	.name = "exec",
	.arguments = "GRANT [--cgroup PATH] -- COMMAND [ARGUMENT ...]",
	.summary = "run a command under a grant, with a clean environment",
	.help = "      --cgroup PATH   for root: the agent's cgroup, from the root of the cgroup "
		"tree;\n"
		"                      needed when the agent's own is a pattern\n"
		"\n"
		"GRANT is the number that 'writ request', 'writ grant' and 'writ grants' show.\n"
		"An agent becomes the command, in the grant's run; root outside of every agent\n"
		"starts it there. Its environment is PATH (a fixed one), HOME, USER, LOGNAME,\n"
		"SHELL, WRIT_GRANT, WRIT_AGENT, the caller's TERM, LANG, LANGUAGE, LC_* and TZ,\n"
		"and what the playbook names with 'env'. When the last process of the run has\n"
		"ended the grant is over.\n"
		"\n"
		"Exits with the status of COMMAND, 128 + N when signal N ended it, 127 when it\n"
		"was not found, 126 when it could not be executed, 125 when Writ failed.\n",
	.main = exec_main,
};
