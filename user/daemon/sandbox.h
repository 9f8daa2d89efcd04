/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the core gives up once its programs are loaded, before it starts a child or hears a client:
 * capabilities, system calls, files. All that it starts inherits this and can only have less, so
 * the tables hold what its children need, too.
 */
#ifndef WRIT_DAEMON_SANDBOX_H
#define WRIT_DAEMON_SANDBOX_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "compile/model.h"

struct writ_daemon;
struct writ_daemon_options;

/* The validator of tickets, and a command for each alert. */
#define WRIT_SANDBOX_COMMANDS_MAX (1u + WRIT_ALERTS_MAX)

/* Of this process. All zero: it is not confined. */
struct writ_sandbox {
	bool confined;
	int landlock;		  /* its ABI, tried; 0: this kernel has none */
	char textfile[PATH_MAX];  /* the broker's file for metrics; "": none */
	char spill[PATH_MAX];	  /* beside which files may be written, for the log; "": none */
	/* Paths that may be executed beside Writ's own, up to a NULL; it owns them. */
	char *commands[WRIT_SANDBOX_COMMANDS_MAX + 1];
};

/*
 * From now on, for good. Which commands validate tickets and tell of alerts is read from the policy
 * on disk; one with errors has none. A kernel without Landlock is said, and no error. Others are
 * logged: nothing may be served then. What the hooks know of this process's credentials
 * (kernel/guard.h) is renewed.
 */
int writ_sandbox_enter(struct writ_daemon *daemon);

/*
 * May @policy's commands be executed, and its spill be written, by what this process starts?
 * -EACCES, logged: not.
 */
int writ_sandbox_check(const struct writ_sandbox *sandbox, const struct writ_policy *policy);

void writ_sandbox_close(struct writ_sandbox *sandbox);

/* --- its parts -------------------------------------------------------------------------------- */

/* The set that is kept. */
uint64_t writ_sandbox_capabilities(void);

/*
 * Files: everything is read; written are bpffs, the cgroups below @cgroup_root, and the directories
 * of state, cursors, ledger, log, sockets and @textfile ("": none); executed what lies beside this
 * program, and with @commands (up to a NULL) these and what is installed on the system. Returns the
 * ABI; -EOPNOTSUPP: no Landlock.
 */
int writ_sandbox_files(const struct writ_daemon_options *options, const char *cgroup_root,
		       const char *const *commands, const char *textfile);

/*
 * System calls. Without a command those that the core and its children are known to make; with
 * one, all but those that no command and no core needs. The rest fails with EPERM and stands in
 * the kernel's log: a call that nobody thought of must not end the core, which goes on without it.
 */
int writ_sandbox_calls(bool has_commands);

#endif
