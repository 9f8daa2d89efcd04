/* SPDX-License-Identifier: Apache-2.0 */
/* `writ deny`: a person refuses a request. */
#include <stdio.h>

#include "cli/command.h"
#include "cli/proposals.h"

static void print_denied(const struct writ_proposal_row *row)
{
	writ_proposals_print_head("denied", row);
	(void)printf("\n");
}

static int deny_main(int argc, char **argv)
{
	struct writ_cli cli = {0};
	const char *reason = NULL;
	const struct writ_option options[] = {
		WRIT_OPTIONS_COMMON(&cli), {.name = "reason", .value = &reason}, {0}};
	struct writ_request request = writ_control_request(WRIT_VERB_REFUSE);
	struct writ_arguments arguments;
	int err = writ_options_parse(&cli, options, argc, argv, &arguments);

	if (!err && reason)
		err = writ_control_field(&cli, "the reason", reason, request.reason,
					 sizeof(request.reason));
	return err ? err : writ_proposals_decide(&cli, &arguments, &request, print_denied);
}

const struct writ_command writ_command_deny = {
	.name = "deny",
	.arguments = "NUMBER [--reason TEXT] [--json]",
	.summary = "refuse a request that waits",
	.help = "      --reason TEXT   for the asker\n"
		"\n"
		"NUMBER is that of 'writ pending'.\n",
	.main = deny_main,
};
