/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of the log as they come, from audit.sock: for operators, who may not read the log's files.
 * Who serves it may be started again meanwhile; lines of that time follow.
 */
#ifndef WRIT_CLI_LIVE_H
#define WRIT_CLI_LIVE_H

#include <stddef.h>

#include "cli/options.h"

/* @line ends in a NUL, without its newline. Other than 0: enough. */
typedef int writ_live_take(void *context, const char *line, size_t len);

/*
 * Gives out each line from now on until @take has enough; returns what it said. -EACCES: this user
 * may not ask; -ECONNREFUSED, -ENOENT: nobody serves it; -EUSERS: there are too many. Once a
 * connection was made it is made again, for as long as that takes.
 */
int writ_live_follow(const struct writ_cli *cli, writ_live_take *take, void *context);

#endif
