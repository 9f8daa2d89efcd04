/* SPDX-License-Identifier: Apache-2.0 */
/* `writ approve`: a person lets a request have its grant. */
#include <stdio.h>

#include "cli/command.h"
#include "cli/output.h"
#include "cli/proposals.h"

static void print_approved(const struct writ_proposal_row *row)
{
	char text[2048];

	writ_proposals_print_head("approved", row);
	(void)printf("\n%u of %u: %s", row->given, row->needed,
		     writ_output_text(row->approvers, text, sizeof(text)));
	if (row->state == WRIT_PROPOSAL_PENDING)
		(void)printf("; %u more must approve\n",
			     row->needed > row->given ? row->needed - row->given : 0);
	else
		(void)printf("; it is issued now: see 'writ grants'\n");
}

static int approve_main(int argc, char **argv)
{
	struct writ_cli cli = {0};
	const struct writ_option options[] = {WRIT_OPTIONS_COMMON(&cli), {0}};
	struct writ_request request = writ_control_request(WRIT_VERB_APPROVE);
	struct writ_arguments arguments;
	int err = writ_options_parse(&cli, options, argc, argv, &arguments);

	return err ? err : writ_proposals_decide(&cli, &arguments, &request, print_approved);
}

const struct writ_command writ_command_approve = {
	.name = "approve",
	.arguments = "NUMBER [--json]",
	.summary = "approve a request that waits",
	.help = "NUMBER is that of 'writ pending'. Nobody approves what they asked for "
		"themselves,\n"
		"or twice. With the last approval that is needed the grant is issued.\n",
	.main = approve_main,
};
