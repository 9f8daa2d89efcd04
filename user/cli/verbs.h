/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs of a verb: `writ audit tail`, `writ policy check`. */
#ifndef WRIT_CLI_VERBS_H
#define WRIT_CLI_VERBS_H

struct writ_cli_verb {
	const char *name;
	int (*main)(int argc, char **argv);
};

#define WRIT_VERBS_MAX 8u

/*
 * Runs the one of @verbs (ends with a NULL name) that is @written for @verb, and returns what it
 * does. Where it is none, says which may be meant, or all that there are, and returns the exit code
 * for that.
 */
int writ_verbs_run(const char *verb, const struct writ_cli_verb *verbs, const char *written,
		   int argc, char **argv);

#endif
