/* SPDX-License-Identifier: Apache-2.0 */
/* `writ grants`: the grants that are live, or all that are still known, or all there ever were. */
#include <stdio.h>

#include "cli/command.h"
#include "cli/history.h"
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

static int show(const struct writ_cli *cli, bool all)
{
	_cleanup_answer_ struct writ_answer answer = {0};
	struct writ_request request = writ_control_request(WRIT_VERB_GRANTS);
	int err;

	request.flags = all ? WRIT_GRANTS_ENDED : 0;
	err = writ_control_ask(cli, &request, &answer);
	if (err)
		return err;
	if (cli->json)
		return writ_output_json(writ_rows_grants(&answer));
	if (!answer.count) {
		(void)printf("No %sgrants. Issue one: writ grant PLAYBOOK --agent AGENT [k=v ...]"
			     "%s\n",
			     all ? "" : "live ", all ? "" : ", or see ended ones: --all");
		return WRIT_EXIT_OK;
	}
	return print_table(cli, &answer);
}

static int grants_main(int argc, char **argv)
{
	struct writ_history_filter filter = {0};
	struct writ_cli cli = {0};
	bool all = false, history = false;
	const struct writ_option options[] = {WRIT_OPTIONS_COMMON(&cli),
					      {.name = "all", .letter = 'a', .flag = &all},
					      {.name = "history", .flag = &history},
					      {.name = "agent", .value = &filter.agent},
					      {.name = "playbook", .value = &filter.playbook},
					      {.name = "ticket", .value = &filter.ticket},
					      {.name = "since", .value = &filter.since},
					      {.name = "limit", .value = &filter.limit},
					      {0}};
	bool filtered;
	int err = writ_options_only(&cli, options, argc, argv);

	filtered = filter.agent || filter.playbook || filter.ticket || filter.since || filter.limit;
	if (!err && filtered && !history)
		err = writ_options_usage(&cli, "--agent, --playbook, --ticket, --since and --limit "
					       "choose among those of --history");
	if (!err && history && all)
		err = writ_options_usage(&cli, "--history has them all: leave --all out");
	if (err)
		return err;
	return history ? writ_history_show(&cli, &filter) : show(&cli, all);
}

const struct writ_command writ_command_grants = {
	.name = "grants",
	.arguments =
		"[--all] [--json] | --history [--agent AGENT] [--playbook PLAYBOOK]\n"
		"                   [--ticket TICKET] [--since TIME] [--limit NUMBER] [--json]",
	.summary = "list live grants, ended ones too, or the ledger's",
	.help = "  -a, --all               also grants that have ended, while still known\n"
		"      --history           those of the ledger, newest first, of earlier boots "
		"too\n"
		"      --agent AGENT       of them: of this agent\n"
		"      --playbook PLAYBOOK of this playbook\n"
		"      --ticket TICKET     on this ticket\n"
		"      --since TIME        issued since then: 2h, 7d, 2026-11-22T10:11:12Z\n"
		"      --limit NUMBER      at most so many (50)\n"
		"\n"
		"The live ones are asked of writd itself; the ledger is the broker's.\n",
	.main = grants_main,
};
