/* SPDX-License-Identifier: Apache-2.0 */
/* `writ pending`: requests that wait for people, as the core would issue them. */
#include <stdio.h>

#include "cli/command.h"
#include "cli/output.h"
#include "cli/proposals.h"
#include "lib/time.h"

static int print_json(const struct writ_answer *answer)
{
	_cleanup_json_ json_t *list = json_array();

	for (size_t i = 0; i < answer->count; i++)
		if (json_array_append_new(list, writ_proposals_row(&answer->rows[i].proposal)))
			return writ_output_json(NULL);
	return writ_output_json(json_incref(list));
}

static int pending_main(int argc, char **argv)
{
	struct writ_cli cli = {0};
	_cleanup_answer_ struct writ_answer answer = {0};
	int err = writ_control_list(&cli, WRIT_VERB_PROPOSALS, argc, argv, &answer);

	if (err)
		return err;
	if (cli.json)
		return print_json(&answer);
	for (size_t i = 0; i < answer.count; i++)
		writ_proposals_print(&answer.rows[i].proposal, writ_time_boot());
	(void)printf(answer.count ? "Decide with 'writ approve NUMBER' or 'writ deny NUMBER "
				    "--reason TEXT'.\n"
				  : "Nothing waits for approval.\n");
	return WRIT_EXIT_OK;
}

const struct writ_command writ_command_pending = {
	.name = "pending",
	.arguments = "[--json]",
	.summary = "list the requests that wait for approval",
	.help = "What is shown is what the core keeps and issues: a request can't be changed once\n"
		"it waits. 'why' and 'ticket' are the asker's own words.\n",
	.main = pending_main,
};
