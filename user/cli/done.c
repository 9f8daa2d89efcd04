/* SPDX-License-Identifier: Apache-2.0 */
/* `writ done`: an agent gives a grant back before its time. */
#include <inttypes.h>
#include <stdio.h>

#include "cli/call.h"
#include "cli/command.h"
#include "cli/control.h"
#include "cli/fields.h"
#include "cli/output.h"

static void print_done(__u64 id, const json_t *answer)
{
	const json_t *grant = json_object_get(answer, "grant"),
		     *cut = json_object_get(grant, "cut");
	uint64_t files = writ_fields_number(cut, "files");
	uint64_t sockets = writ_fields_number(cut, "sockets");
	char playbook[1024];

	(void)printf(
		"done %" PRIu64 ": %s", (uint64_t)id,
		writ_output_text(writ_fields_text(grant, "playbook"), playbook, sizeof(playbook)));
	if (files || sockets)
		(void)printf("; %" PRIu64 " open files and %" PRIu64 " sockets were cut", files,
			     sockets);
	(void)printf("\n");
}

static int done_main(int argc, char **argv)
{
	struct writ_cli cli = {0};
	const struct writ_option options[] = {WRIT_OPTIONS_COMMON(&cli), {0}};
	struct writ_call call = {.cli = &cli, .method = "POST"};
	_cleanup_json_ json_t *answer = NULL;
	struct writ_arguments arguments;
	char target[64];
	__u64 id = 0;
	int err = writ_options_parse(&cli, options, argc, argv, &arguments);

	if (!err && (arguments.count != 1 || arguments.rest))
		err = writ_options_usage(&cli, "name one grant by its number");
	if (!err)
		err = writ_control_number(&cli, "grant", "writ whoami", arguments.positional[0],
					  &id);
	if (err)
		return err;
	(void)snprintf(target, sizeof(target), "/v1/grants/%" PRIu64 "/done", (uint64_t)id);
	call.target = target;
	err = writ_call_ask(&call, &answer);
	if (err)
		return err;
	if (cli.json)
		return writ_output_json(json_incref(answer));
	print_done(id, answer);
	return WRIT_EXIT_OK;
}

const struct writ_command writ_command_done = {
	.name = "done",
	.arguments = "GRANT [--json]",
	.summary = "give a grant back (as an agent)",
	.help = "Ends the grant as completed, for all who hold it, at the next decision of the\n"
		"kernel. A grant of scope run ends by itself when its run is empty.\n",
	.main = done_main,
};
