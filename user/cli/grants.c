/* SPDX-License-Identifier: Apache-2.0 */
/* `writ grants`: the grants that are live, or all that are still known. */
#include <stdio.h>

#include "cli/command.h"
#include "cli/rows.h"

static int add_row(struct writ_table *table, const struct writ_grant_row *row)
{
	char id[24], left[WRIT_ROWS_LEFT_SIZE];

	(void)snprintf(id, sizeof(id), "%llu", (unsigned long long)row->info.id);
	return writ_output_row(table, (const char *[]){id, row->info.agent_name, row->info.playbook,
						       *row->info.ticket ? row->info.ticket : "-",
						       writ_rows_grant_state(row->state),
						       writ_rows_left(row, left, sizeof(left)),
						       row->info.parameters});
}

static int print_table(const struct writ_cli *cli, const struct writ_answer *answer)
{
	static const char *const heading[] = {"ID",    "AGENT",	    "PLAYBOOK",	 "TICKET",
					      "STATE", "REMAINING", "PARAMETERS"};
	_cleanup_table_ struct writ_table table = {.n_columns = 7};
	int err = writ_output_row(&table, heading);

	for (size_t i = 0; !err && i < answer->count; i++)
		err = add_row(&table, &answer->rows[i].grant);
	if (err)
		return writ_options_fail(cli, WRIT_EXIT_FAILED, "out of memory");
	writ_output_table(&table);
	return WRIT_EXIT_OK;
}

static int grants_main(int argc, char **argv)
{
	struct writ_cli cli = {0};
	bool all = false;
	const struct writ_option options[] = {
		WRIT_OPTIONS_COMMON(&cli), {.name = "all", .letter = 'a', .flag = &all}, {0}};
	_cleanup_answer_ struct writ_answer answer = {0};
	struct writ_request request = writ_control_request(WRIT_VERB_GRANTS);
	int err = writ_options_only(&cli, options, argc, argv);

	request.flags = all ? WRIT_GRANTS_ENDED : 0;
	if (!err)
		err = writ_control_ask(&cli, &request, &answer);
	if (err)
		return err;
	if (cli.json)
		return writ_output_json(writ_rows_grants(&answer));
	if (!answer.count) {
		(void)printf("No %sgrants. Issue one: writ grant PLAYBOOK --agent AGENT [k=v ...]"
			     "%s\n",
			     all ? "" : "live ", all ? "" : ", or see ended ones: --all");
		return WRIT_EXIT_OK;
	}
	return print_table(&cli, &answer);
}

const struct writ_command writ_command_grants = {
	.name = "grants",
	.arguments = "[--all] [--json]",
	.summary = "list live grants, with --all ended ones too",
	.help = "  -a, --all   also grants that have expired or were revoked, while still known\n",
	.main = grants_main,
};
