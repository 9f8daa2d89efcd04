/* SPDX-License-Identifier: Apache-2.0 */
/* `writ status --security`: what Writ's own processes may do, as the kernel has it. */
#ifndef WRIT_CLI_SECURITY_H
#define WRIT_CLI_SECURITY_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/options.h"
#include "writ/control.h"

/* Of one process, from /proc/PID/status. */
struct writ_security {
	char name[64];
	unsigned int pid;
	unsigned int uid;      /* effective */
	uint64_t capabilities; /* effective */
	unsigned int seccomp;  /* 0 off, 1 strict, 2 filter */
	unsigned int filters;
	bool no_new_privs;
};

/* From @file, of the form of /proc/PID/status. -EBADMSG: a line is missing; -errno. */
int writ_security_read(const char *file, struct writ_security *ret);

/* Prints writd and its broker, as far as they run. An exit code. */
int writ_security_show(const struct writ_cli *cli, const struct writ_status_row *row);

#endif
