/* SPDX-License-Identifier: Apache-2.0 */
/* See launch.h. */
#include "cli/launch.h"

#include <errno.h>
#include <limits.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cgroup.h"
#include "cli/command.h"
#include "cli/control.h"
#include "cli/spawn.h"
#include "lib/cleanup.h"

#define NAMES_MAX 64u /* of cgroups that earlier commands, of the same process number, have left */

static int fail(const struct writ_launch *launch, const char *what, const char *on, int err)
{
	return writ_options_fail(&launch->cli, WRIT_EXIT_RUN, "%s %s: %s", what, on,
				 strerror(-err));
}

int writ_launch_permit(const struct writ_launch *launch)
{
	if (!geteuid())
		return WRIT_EXIT_OK;
	return writ_options_fail(&launch->cli, WRIT_EXIT_RUN,
				 "only root outside of every agent may start a process in an "
				 "agent's cgroup: use 'sudo writ %s ...'",
				 launch->cli.verb);
}

static int check_pattern(const struct writ_launch *launch, const char *pattern, size_t size)
{
	if (size && strlen(pattern) >= size - 1)
		return writ_options_fail(&launch->cli, WRIT_EXIT_RUN,
					 "the cgroup pattern of %s is too long to be sent: choose "
					 "one that it matches with --cgroup PATH",
					 launch->agent);
	if (!writ_cgroup_is_literal(pattern))
		return writ_options_fail(&launch->cli, WRIT_EXIT_RUN,
					 "the cgroup of %s is a pattern, %s: choose one that it "
					 "matches with --cgroup PATH",
					 launch->agent, pattern);
	return WRIT_EXIT_OK;
}

int writ_launch_choose(struct writ_launch *launch, const char *pattern, size_t size)
{
	const char *path = launch->cgroup ? launch->cgroup : pattern;
	int err = launch->cgroup ? WRIT_EXIT_OK : check_pattern(launch, pattern, size);

	if (err)
		return err;
	if (!writ_cgroup_is_plain(path))
		return writ_options_fail(&launch->cli, WRIT_EXIT_RUN,
					 "'%s' is no path of a cgroup: write it from the root of "
					 "the cgroup tree, such as /agents/%s",
					 path, launch->agent);
	(void)strcpy(launch->path, path); /* a plain one fits */
	return WRIT_EXIT_OK;
}

static int find_tree(const struct writ_launch *launch, char ret_mount[PATH_MAX])
{
	if (!writ_cgroup_mount(WRIT_MOUNTINFO, ret_mount, PATH_MAX))
		return WRIT_EXIT_OK;
	return writ_options_fail(&launch->cli, WRIT_EXIT_RUN,
				 "no cgroup v2 tree is mounted: 'mount -t cgroup2 none "
				 "/sys/fs/cgroup' on a host without systemd");
}

/* Does the core know cgroup @id as the agent's? */
static int check_enrolled(const struct writ_launch *launch, uint64_t id)
{
	struct writ_request request = writ_control_request(WRIT_VERB_ENROLLED);
	_cleanup_answer_ struct writ_answer answer = {0};
	int err;

	request.cgroup = id;
	err = writ_control_field(&launch->cli, "the agent's name", launch->agent, request.agent,
				 sizeof(request.agent));
	return err ? err : writ_control_ask(&launch->cli, &request, &answer);
}

static int not_executed(const struct writ_launch *launch, int err)
{
	const char *program = launch->command[0];

	if (err == -ENOENT)
		return writ_options_fail(&launch->cli, WRIT_EXIT_NOT_FOUND, "%s: not found",
					 program);
	if (err == -EPERM || err == -EACCES)
		return writ_options_fail(
			&launch->cli, WRIT_EXIT_NOT_EXECUTED,
			"neither the role of %s nor a grant allows execution of %s, or it is no "
			"program: see 'writ audit tail'",
			launch->agent, program);
	return writ_options_fail(&launch->cli, WRIT_EXIT_NOT_EXECUTED, "can't execute %s: %s",
				 program, strerror(-err));
}

int writ_launch_become(const struct writ_launch *launch)
{
	(void)fflush(stdout);
	(void)close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
	environ = (char **)launch->env; /* execvp(3) reads PATH from it, too */
	(void)execvp(launch->command[0], launch->command);
	return not_executed(launch, -errno);
}

static int start(const struct writ_launch *launch, int cgroup_fd)
{
	__attribute__((cleanup(writ_spawn_kill))) struct writ_child child = {0};
	int err, status;

	err = writ_spawn_start(cgroup_fd, launch->command, launch->env, &child);
	if (err)
		return fail(launch, "can't start a process in the cgroup", launch->path, err);
	err = writ_cgroup_member(child.pid, launch->path);
	if (err)
		return fail(launch, "the process that was started is not in the cgroup",
			    launch->path, err);
	err = writ_spawn_release(&child);
	if (err)
		return not_executed(launch, err);
	status = writ_spawn_wait(&child);
	if (!WIFSIGNALED(status))
		return WEXITSTATUS(status);
	if (WTERMSIG(status) != SIGKILL)
		return 128 + WTERMSIG(status);
	return writ_options_fail(&launch->cli, 128 + SIGKILL,
				 "%s was killed: 'writ audit tail' shows whether Writ did it, for "
				 "arguments that are not allowed",
				 launch->command[0]);
}

int writ_launch_locate(struct writ_launch *launch, uint64_t *ret_id)
{
	_cleanup_close_ int fd = -1;
	char mount[PATH_MAX];
	int err = writ_launch_choose(launch, NULL, 0);

	if (!err)
		err = find_tree(launch, mount);
	if (err)
		return err;
	err = writ_cgroup_open(mount, launch->path, &fd, ret_id);
	return err ? fail(launch, "can't make or open the cgroup", launch->path, err)
		   : WRIT_EXIT_OK;
}

int writ_launch_in(const struct writ_launch *launch)
{
	_cleanup_close_ int fd = -1;
	char mount[PATH_MAX];
	uint64_t id = 0;
	int err = find_tree(launch, mount);

	if (err)
		return err;
	err = writ_cgroup_open(mount, launch->path, &fd, &id);
	if (err)
		return fail(launch, "can't make or open the cgroup", launch->path, err);
	err = check_enrolled(launch, id);
	return err ? err : start(launch, fd);
}

/* Makes a cgroup of a name that is free, below ->path, and puts it there. -errno. */
static int make_below(struct writ_launch *launch, const char *mount, uint64_t grant, int *ret_fd,
		      uint64_t *ret_id)
{
	char path[sizeof(launch->path) + 64];
	size_t len = strlen(launch->path);
	int err = -EEXIST;

	len -= launch->path[len - 1] == '/';
	for (unsigned int i = 0; err == -EEXIST && i < NAMES_MAX; i++) {
		(void)snprintf(path, sizeof(path), "%.*s/exec-%llu-%d.%u", (int)len, launch->path,
			       (unsigned long long)grant, (int)getpid(), i);
		if (strlen(path) >= sizeof(launch->path))
			return -ENAMETOOLONG;
		err = writ_cgroup_make(mount, path, ret_fd, ret_id);
	}
	if (!err)
		(void)strcpy(launch->path, path);
	return err;
}

int writ_launch_below(struct writ_launch *launch, uint64_t grant)
{
	_cleanup_close_ int fd = -1;
	char mount[PATH_MAX];
	uint64_t id = 0;
	int err = find_tree(launch, mount);

	if (err)
		return err;
	err = make_below(launch, mount, grant, &fd, &id);
	if (err)
		return fail(launch, "can't make a cgroup below", launch->path, err);
	err = check_enrolled(launch, id);
	if (!err)
		err = start(launch, fd);
	writ_cgroup_remove(mount, launch->path);
	return err;
}
