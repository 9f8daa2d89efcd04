/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `writ exec` inside of an agent: this process goes into the run of a grant and becomes the
 * command. The core moves it, by the connection that the kernel attested; the broker only
 * hands that on, so its word that it was done is checked.
 */
#ifndef WRIT_CLI_ENTER_H
#define WRIT_CLI_ENTER_H

#include "cli/options.h"
#include "writ/control.h"

#define WRIT_ENTER_SECONDS 5u
#define WRIT_RUN_PREFIX "writ-run-" /* and the grant's number: the name of a run's cgroup */

/*
 * Moves this process into the run of @grant, and gives what the command's environment is made of.
 * WRIT_EXIT_OK also with *@ret_outside: this is no process of an agent, or no broker says that it
 * is one and this is root, whom the core tells more. Else an exit code after saying why not.
 */
int writ_enter_run(const struct writ_cli *cli, __u64 grant, struct writ_exec_row *ret_row,
		   bool *ret_outside);

/*
 * Is this process in the run of @grant? @file is /proc/self/cgroup. 0; -ESRCH: no; -errno:
 * that can't be told.
 */
int writ_enter_check(const char *file, __u64 grant);

#endif
