/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `run` and `exec` share: a command is started as an agent only after the kernel side has said
 * that the cgroup is the agent's, and executed only after it was seen to be in that cgroup. Each
 * function returns an exit code of command.h, other than WRIT_EXIT_OK after saying why.
 */
#ifndef WRIT_CLI_LAUNCH_H
#define WRIT_CLI_LAUNCH_H

#include <stddef.h>
#include <stdint.h>

#include "cli/options.h"
#include "writ/abi.h"

struct writ_launch {
	struct writ_cli cli;
	const char *agent;
	const char *cgroup; /* as given with --cgroup; NULL: not given */
	char **command;
	char *const *env; /* ends in NULL; NULL: the caller's own */
	char path[WRIT_CGROUP_PATH_SIZE];
};

/* WRIT_EXIT_RUN unless root calls. */
int writ_launch_permit(const struct writ_launch *launch);

/*
 * Fills ->path: ->cgroup if that is given, else the agent's own @pattern, which must then name one
 * cgroup. @size: of the field of a reply that @pattern came in, which cuts what is longer; 0: it is
 * whole.
 */
int writ_launch_choose(struct writ_launch *launch, const char *pattern, size_t size);

/* Makes or opens the cgroup of ->cgroup, and gives its id. */
int writ_launch_locate(struct writ_launch *launch, uint64_t *ret_id);

/* Becomes the command, in this process: returns only when that failed. */
int writ_launch_become(const struct writ_launch *launch);

/* Starts the command in the cgroup of ->path, which is made if it is missing. Its exit status. */
int writ_launch_in(const struct writ_launch *launch);

/* Starts it in a new cgroup below that one, removed at its end unless processes are left in it. */
int writ_launch_below(struct writ_launch *launch, uint64_t grant);

#endif
