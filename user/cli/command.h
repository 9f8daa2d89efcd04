/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A verb of `writ`: what its file gives to the table in writ.c. The help text, the man page and
 * the completion name the same options.
 */
#ifndef WRIT_CLI_COMMAND_H
#define WRIT_CLI_COMMAND_H

/* Exit codes, documented in writ(1). `run` and `exec` give the command's own, or 125 to 127. */
enum writ_exit {
	WRIT_EXIT_OK = 0,
	WRIT_EXIT_FAILED = 1, /* failed, or refused by writd */
	WRIT_EXIT_USAGE = 2,
	WRIT_EXIT_UNREACHABLE = 3, /* no writd that answers */
	WRIT_EXIT_NOT_PERMITTED = 4,
	WRIT_EXIT_REFUSED = 5, /* the request for a grant: its reason is said */
	WRIT_EXIT_PENDING = 6, /* not decided yet */
	WRIT_EXIT_RUN = 125,   /* run, exec: Writ itself failed; as env(1) has it */
	WRIT_EXIT_NOT_EXECUTED = 126,
	WRIT_EXIT_NOT_FOUND = 127,
};

struct writ_command {
	const char *name;
	const char *arguments;		    /* behind the name in the usage line */
	const char *summary;		    /* one line */
	const char *help;		    /* options and examples */
	int (*main)(int argc, char **argv); /* argv[0] is the verb; returns an exit code */
};

extern const struct writ_command writ_command_agents;
extern const struct writ_command writ_command_approve;
extern const struct writ_command writ_command_audit;
extern const struct writ_command writ_command_deny;
extern const struct writ_command writ_command_done;
extern const struct writ_command writ_command_exec;
extern const struct writ_command writ_command_freeze;
extern const struct writ_command writ_command_grant;
extern const struct writ_command writ_command_grants;
extern const struct writ_command writ_command_metrics;
extern const struct writ_command writ_command_pending;
extern const struct writ_command writ_command_policy;
extern const struct writ_command writ_command_request;
extern const struct writ_command writ_command_resume;
extern const struct writ_command writ_command_revoke;
extern const struct writ_command writ_command_run;
extern const struct writ_command writ_command_status;
extern const struct writ_command writ_command_suspend;
extern const struct writ_command writ_command_thaw;
extern const struct writ_command writ_command_whoami;
extern const struct writ_command writ_command_why;

#endif
