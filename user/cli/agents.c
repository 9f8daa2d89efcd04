/* SPDX-License-Identifier: Apache-2.0 */
/* `writ agents`: who is known, with which role, and what they hold now. */
#include <stdio.h>

#include "cli/command.h"
#include "cli/rows.h"
#include "writ/names.h"

static int print_table(const struct writ_cli *cli, const struct writ_answer *answer)
{
	static const char *const heading[] = {"AGENT",	"ROLE",	   "MODE",   "STATE",
					      "GRANTS", "CGROUPS", "CGROUP", NULL};
	_cleanup_table_ struct writ_table table = {.n_columns = 7};
	int err = writ_output_row(&table, heading);

	for (size_t i = 0; !err && i < answer->count; i++) {
		const struct writ_agent_row *row = &answer->rows[i].agent;
		char grants[16], cgroups[16];

		(void)snprintf(grants, sizeof(grants), "%u", row->grants);
		(void)snprintf(cgroups, sizeof(cgroups), "%u", row->cgroups);
		err = writ_output_row(&table, (const char *[]){row->name, row->role,
							       writ_mode_name(row->mode),
							       writ_rows_agent_state(row->state),
							       grants, cgroups, row->cgroup});
	}
	if (err)
		return writ_options_fail(cli, WRIT_EXIT_FAILED, "out of memory");
	writ_output_table(&table);
	return WRIT_EXIT_OK;
}

static int agents_main(int argc, char **argv)
{
	struct writ_cli cli = {0};
	_cleanup_answer_ struct writ_answer answer = {0};
	int err = writ_control_list(&cli, WRIT_VERB_AGENTS, argc, argv, &answer);

	if (err)
		return err;
	if (cli.json)
		return writ_output_json(writ_rows_agents(&answer));
	if (!answer.count) {
		(void)printf("No agents. Add a document of kind Agent to " WRIT_POLICY_DIR
			     ", then 'systemctl reload writd'.\n");
		return WRIT_EXIT_OK;
	}
	return print_table(&cli, &answer);
}

const struct writ_command writ_command_agents = {
	.name = "agents",
	.arguments = "[--json]",
	.summary = "list the agents, their roles and what they hold",
	.help = "A row for each agent of the applied policy: role, mode (enforce or monitor),\n"
		"state, live grants, enrolled cgroups, and the cgroup pattern.\n",
	.main = agents_main,
};
