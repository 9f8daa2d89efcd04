/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to a policy and its answers, as people write and read them. */
#ifndef WRIT_CLI_POLICY_WORDS_H
#define WRIT_CLI_POLICY_WORDS_H

#include "cli/options.h"
#include "cli/output.h"
#include "compile/explain.h"

/* "PLAYBOOK NAME=VALUE ... [--ttl TIME] [--delay TIME]", taken apart. */
struct writ_policy_grant_words {
	char text[WRIT_PARAMETERS_MAX * (WRIT_NAME_SIZE + WRIT_VALUE_SIZE)];
	struct writ_parameter parameters[WRIT_PARAMETERS_MAX];
};

/* @ret_grant points into @words. WRIT_EXIT_OK, or WRIT_EXIT_USAGE after saying what is wrong. */
int writ_policy_grant(const struct writ_cli *cli, const char *text,
		      struct writ_policy_grant_words *words, struct writ_explain_grant *ret_grant);

struct writ_policy_shown {
	const struct writ_explain_question *question;
	const struct writ_explain_answer *answer;
	const char *operation; /* as it was asked */
	const char *object;
};

/* Three to six lines, or an object. */
void writ_policy_show(const struct writ_policy_shown *shown);
json_t *writ_policy_show_json(const struct writ_policy_shown *shown);

#endif
