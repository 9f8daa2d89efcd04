/* SPDX-License-Identifier: Apache-2.0 */
/* `writ revoke`: ends one grant, or all of an agent, of a playbook, of the node. */
#include <stdio.h>
#include <time.h>

#include "cli/command.h"
#include "cli/rows.h"

#define COUNTS_TRIES 40 /* of 50 ms: two seconds */

struct revoke_options {
	const char *agent, *playbook;
	bool all;
};

static int fill(const struct writ_cli *cli, const struct revoke_options *given,
		const struct writ_arguments *arguments, struct writ_request *request)
{
	bool some = given->agent || given->playbook;
	int err = WRIT_EXIT_OK;

	if (arguments->rest || arguments->count + some + given->all != 1)
		return writ_options_usage(cli, "name one grant by its number, --agent AGENT, "
					       "--playbook PLAYBOOK, both of these, or --all");
	if (arguments->count)
		return writ_control_grant(cli, arguments->positional[0], &request->grant);
	request->flags = (given->agent ? WRIT_REVOKE_AGENT : 0) |
			 (given->playbook ? WRIT_REVOKE_PLAYBOOK : 0) |
			 (given->all ? WRIT_REVOKE_ALL : 0);
	if (given->agent)
		err = writ_control_field(cli, "the agent's name", given->agent, request->agent,
					 sizeof(request->agent));
	if (!err && given->playbook)
		err = writ_control_field(cli, "the playbook's name", given->playbook,
					 request->playbook, sizeof(request->playbook));
	return err;
}

static bool is_counted(const struct writ_answer *answer)
{
	for (size_t i = 0; i < answer->count; i++)
		if (answer->rows[i].grant.info.cut_state == WRIT_CUT_NOT_YET)
			return false;
	return true;
}

static void take_counts(struct writ_answer *answer, const struct writ_answer *now)
{
	for (size_t i = 0; i < answer->count; i++)
		for (size_t n = 0; n < now->count; n++)
			if (now->rows[n].grant.info.id == answer->rows[i].grant.info.id)
				answer->rows[i].grant.info = now->rows[n].grant.info;
}

/*
 * What was cut is counted after the answer, for it takes longer than the end itself. One that can't
 * be had is no error: the grants are revoked.
 */
static void await_counts(const struct writ_cli *cli, struct writ_answer *answer)
{
	const struct timespec pause = {.tv_nsec = 50000000};
	struct writ_request request = writ_control_request(WRIT_VERB_GRANTS);

	request.flags = WRIT_GRANTS_ENDED;
	if (answer->count == 1) /* else of all agents */
		(void)snprintf(request.agent, sizeof(request.agent), "%s",
			       answer->rows[0].grant.info.agent_name);
	for (int i = 0; i < COUNTS_TRIES && !is_counted(answer); i++) {
		_cleanup_answer_ struct writ_answer now = {0};

		(void)nanosleep(&pause, NULL);
		if (writ_control_ask(cli, &request, &now))
			return;
		take_counts(answer, &now);
	}
}

static void print_cut(const struct writ_grant_info *info)
{
	const char *least = info->cut_state == WRIT_CUT_IN_PART ? "at least " : "";

	if (info->cut_state == WRIT_CUT_NOT_YET) {
		(void)printf("  what that cut is not counted yet; 'writ grants --all --json' has "
			     "it soon\n");
		return;
	}
	if (!info->cut_files && !info->cut_sockets && !info->cut_closed && !info->cut_mappings) {
		(void)printf("  %s\n", *least ? "what that cut could not be counted"
					      : "nothing was open by it");
		return;
	}
	(void)printf("  cut: %s%u open files, %u sockets (%u closed)", least, info->cut_files,
		     info->cut_sockets, info->cut_closed);
	if (info->cut_mappings)
		(void)printf("; %u mappings stay in memory", info->cut_mappings);
	(void)printf("\n");
}

static int revoke_main(int argc, char **argv)
{
	struct revoke_options given = {0};
	struct writ_cli cli = {0};
	const struct writ_option options[] = {WRIT_OPTIONS_COMMON(&cli),
					      {.name = "agent", .value = &given.agent},
					      {.name = "playbook", .value = &given.playbook},
					      {.name = "all", .flag = &given.all},
					      {0}};
	_cleanup_answer_ struct writ_answer answer = {0};
	struct writ_request request = writ_control_request(WRIT_VERB_REVOKE);
	struct writ_arguments arguments;
	int err;

	err = writ_options_parse(&cli, options, argc, argv, &arguments);
	if (!err)
		err = fill(&cli, &given, &arguments, &request);
	if (!err)
		err = writ_control_ask(&cli, &request, &answer);
	if (err)
		return err;
	await_counts(&cli, &answer);
	if (cli.json)
		return writ_output_json(writ_rows_grants(&answer));
	for (size_t i = 0; i < answer.count; i++) {
		const struct writ_grant_info *info = &answer.rows[i].grant.info;

		(void)printf("revoked %llu: %s of %s\n", (unsigned long long)info->id,
			     info->playbook, info->agent_name);
		print_cut(info);
	}
	if (!answer.count)
		(void)printf("nothing to revoke: no live grant\n");
	return WRIT_EXIT_OK;
}

const struct writ_command writ_command_revoke = {
	.name = "revoke",
	.arguments = "GRANT | --agent AGENT | --playbook PLAYBOOK | --all [--json]",
	.summary = "end grants, now",
	.help = "      --agent AGENT        every live grant of this agent\n"
		"      --playbook PLAYBOOK  every live grant of this playbook; with --agent: "
		"those\n"
		"                           of both\n"
		"      --all                every live grant of this node\n"
		"\n"
		"GRANT is the number that 'writ grant' and 'writ grants' show. It takes effect at\n"
		"the next decision of the kernel, and needs no broker.\n",
	.main = revoke_main,
};
