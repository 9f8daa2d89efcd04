/* SPDX-License-Identifier: Apache-2.0 */
/* What the verbs of `writ policy` share, and their mains: argv[0] is "policy". */
#ifndef WRIT_CLI_POLICY_H
#define WRIT_CLI_POLICY_H

#include "cli/options.h"
#include "cli/output.h"
#include "compile/policy.h"

int writ_policy_apply_main(int argc, char **argv);
int writ_policy_check_main(int argc, char **argv);
int writ_policy_diff_main(int argc, char **argv);
int writ_policy_explain_main(int argc, char **argv);
int writ_policy_test_main(int argc, char **argv);

/* Paths of a command line. */
struct writ_policy_paths {
	const char *items[WRIT_POSITIONALS_MAX];
	size_t count;
};

/*
 * The command line of a verb that takes @least to @most paths and no option of its own; @usage is
 * shown if it is another. No path where none is needed: the policy of this host.
 */
int writ_policy_parse(struct writ_cli *cli, const char *usage, size_t least, size_t most, int argc,
		      char **argv, struct writ_policy_paths *ret);

/* This host's policy, which must exist; else says what to do and returns @exit. */
int writ_policy_default(const struct writ_cli *cli, int exit, const char **ret_path);

/* Errors and warnings on standard output, one a line. */
void writ_policy_print(const struct writ_diagnostics *diags);
json_t *writ_policy_diagnostics_json(const struct writ_diagnostics *diags);

/* Loads a policy to ask it; says why not and returns @exit when it has errors. */
int writ_policy_open(const struct writ_cli *cli, const char *const *paths, size_t n_paths, int exit,
		     struct writ_policy **ret_policy);

/* Access bits as words: "read,write", or as a JSON list. */
void writ_policy_access(uint32_t access, char *ret_text, size_t size);
json_t *writ_policy_access_json(uint32_t access);

#endif
