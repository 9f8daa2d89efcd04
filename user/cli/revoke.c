/* SPDX-License-Identifier: Apache-2.0 */
/* `writ revoke`: ends one grant, or all that an agent holds. */
#include <stdio.h>

#include "cli/command.h"
#include "cli/rows.h"

static int fill(const struct writ_cli *cli, const char *agent,
		const struct writ_arguments *arguments, struct writ_request *request)
{
	if (arguments->rest || arguments->count + !!agent != 1)
		return writ_options_usage(cli, "name one grant by its number, or --agent AGENT");
	if (!agent)
		return writ_control_grant(cli, arguments->positional[0], &request->grant);
	request->flags = WRIT_REVOKE_AGENT;
	return writ_control_field(cli, "the agent's name", agent, request->agent,
				  sizeof(request->agent));
}

static int revoke_main(int argc, char **argv)
{
	const char *agent = NULL;
	struct writ_cli cli = {0};
	const struct writ_option options[] = {
		WRIT_OPTIONS_COMMON(&cli), {.name = "agent", .value = &agent}, {0}};
	_cleanup_answer_ struct writ_answer answer = {0};
	struct writ_request request = writ_control_request(WRIT_VERB_REVOKE);
	struct writ_arguments arguments;
	int err;

	err = writ_options_parse(&cli, options, argc, argv, &arguments);
	if (!err)
		err = fill(&cli, agent, &arguments, &request);
	if (!err)
		err = writ_control_ask(&cli, &request, &answer);
	if (err)
		return err;
	if (cli.json)
		return writ_output_json(writ_rows_grants(&answer));
	for (size_t i = 0; i < answer.count; i++) {
		const struct writ_grant_info *info = &answer.rows[i].grant.info;

		(void)printf("revoked %llu: %s of %s\n", (unsigned long long)info->id,
			     info->playbook, info->agent_name);
	}
	if (!answer.count)
		(void)printf("nothing to revoke: no live grant\n");
	return WRIT_EXIT_OK;
}

const struct writ_command writ_command_revoke = {
	.name = "revoke",
	.arguments = "GRANT | --agent AGENT [--json]",
	.summary = "end a grant, or all grants of an agent, now",
	.help = "      --agent AGENT   every live grant of this agent\n"
		"\n"
		"GRANT is the number that 'writ grant' and 'writ grants' show. It takes effect at\n"
		"the next decision of the kernel.\n",
	.main = revoke_main,
};
