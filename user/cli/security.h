/* SPDX-License-Identifier: Apache-2.0 */
/* `writ status --security`: what Writ's own processes may do, as the kernel has it. */
#ifndef WRIT_CLI_SECURITY_H
#define WRIT_CLI_SECURITY_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/options.h"
#include "writ/control.h"

/* Landlock is not in /proc: of that writd speaks, which knows what it was itself refused. */
enum writ_security_landlock {
	WRIT_SECURITY_UNKNOWN, /* none that writd knows of; the process may have one of its own */
	WRIT_SECURITY_NONE,
	WRIT_SECURITY_OWN,
	WRIT_SECURITY_INHERITED, /* from writd; a further one of its own can't be told */
};

/* Of one process, from /proc/PID/status. */
struct writ_security {
	char name[64];
	unsigned int pid;
	unsigned int uid;      /* effective */
	uint64_t capabilities; /* effective */
	unsigned int seccomp;  /* 0 off, 1 strict, 2 filter */
	unsigned int filters;
	bool no_new_privs;
	enum writ_security_landlock landlock; /* not from there */
	unsigned int abi;		      /* of Landlock */
};

/* From @file, of the form of /proc/PID/status. -EBADMSG: a line is missing; -errno. */
int writ_security_read(const char *file, struct writ_security *ret);

/* Prints writd and its children, as far as they run. An exit code. */
int writ_security_show(const struct writ_cli *cli, const struct writ_status_row *row);

#endif
