/* SPDX-License-Identifier: Apache-2.0 */
/* The node's switches: one question to the core, one sentence. They need no broker. */
#ifndef WRIT_CLI_SWITCHES_H
#define WRIT_CLI_SWITCHES_H

#include "cli/control.h"

struct writ_switch {
	enum writ_verb verb;
	bool of_agent;	 /* the arguments must name one */
	const char *key; /* with --json: {KEY: VALUE}, and the agent */
	bool value;
	const char *done; /* "frozen" */
	const char *next; /* what that means, and what undoes it */
};

/* Parses the command line, asks, says. An exit code. */
int writ_switches_turn(const struct writ_switch *turn, int argc, char **argv);

#endif
