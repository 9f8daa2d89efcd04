/* SPDX-License-Identifier: Apache-2.0 */
/* See switches.h. */
#include "cli/switches.h"

#include <stdio.h>

#include "cli/command.h"
#include "cli/output.h"

static int fill(const struct writ_cli *cli, const struct writ_switch *turn,
		const struct writ_arguments *arguments, struct writ_request *request)
{
	if (!turn->of_agent)
		return arguments->rest || arguments->count
			       ? writ_options_usage(cli, "'%s' takes no arguments", cli->verb)
			       : WRIT_EXIT_OK;
	if (arguments->rest || arguments->count != 1)
		return writ_options_usage(cli, "name one agent");
	return writ_control_field(cli, "the agent's name", arguments->positional[0], request->agent,
				  sizeof(request->agent));
}

static int say(const struct writ_switch *turn, const char *agent, bool as_json)
{
	char text[4 * WRIT_NAME_SIZE];
	json_t *json;

	if (as_json) {
		json = json_pack("{s:b}", turn->key, turn->value);
		if (json && turn->of_agent &&
		    json_object_set_new(json, "agent", writ_output_string(agent))) {
			json_decref(json);
			json = NULL;
		}
		return writ_output_json(json);
	}
	(void)printf("%s%s%s: %s\n", turn->done, turn->of_agent ? " " : "",
		     writ_output_text(agent, text, sizeof(text)), turn->next);
	return WRIT_EXIT_OK;
}

int writ_switches_turn(const struct writ_switch *turn, int argc, char **argv)
{
	struct writ_cli cli = {0};
	const struct writ_option options[] = {WRIT_OPTIONS_COMMON(&cli), {0}};
	struct writ_request request = writ_control_request(turn->verb);
	_cleanup_answer_ struct writ_answer answer = {0};
	struct writ_arguments arguments;
	int err = writ_options_parse(&cli, options, argc, argv, &arguments);

	if (!err)
		err = fill(&cli, turn, &arguments, &request);
	if (!err)
		err = writ_control_ask(&cli, &request, &answer);
	return err ? err : say(turn, request.agent, cli.json);
}
