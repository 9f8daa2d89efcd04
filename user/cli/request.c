/* SPDX-License-Identifier: Apache-2.0 */
/* `writ request`: an agent asks for a grant, or after a request that it has made. */
#include <inttypes.h>
#include <stdio.h>

#include "cli/command.h"
#include "cli/control.h"
#include "cli/form.h"
#include "cli/outcome.h"
#include "cli/output.h"

struct request {
	struct writ_cli cli;
	struct writ_form form;
	struct writ_patience patience;
	const char *id, *withdraw; /* of a request that was made before */
};

static int take_number(const struct writ_cli *cli, const char *word, __u64 *ret_number)
{
	return writ_control_number(cli, "request", "writ request", word, ret_number);
}

/* Asks for a grant. */
static int ask(struct request *request, const struct writ_arguments *arguments, json_t **ret_answer)
{
	_cleanup_json_ json_t *body = NULL;
	struct writ_call call = {.cli = &request->cli, .method = "POST", .target = "/v1/requests"};
	int err = writ_form_build(&request->cli, &request->form, arguments, &body);

	if (err)
		return err;
	call.body = body;
	return writ_outcome_await(&call, &request->patience, ret_answer);
}

/* Asks how one stands that was made before, or takes it back. */
static int look(struct request *request, const char *method, const char *word, json_t **ret_answer)
{
	struct writ_call call = {.cli = &request->cli, .method = method};
	char target[64];
	__u64 id = 0;
	int err = take_number(&request->cli, word, &id);

	if (err)
		return err;
	(void)snprintf(target, sizeof(target), "/v1/requests/%" PRIu64, (uint64_t)id);
	call.target = target;
	return writ_outcome_await(&call, &request->patience, ret_answer);
}

static int withdraw(struct request *request)
{
	_cleanup_json_ json_t *answer = NULL;
	int err;

	request->patience.wait = false;
	err = look(request, "DELETE", request->withdraw, &answer);
	if (err)
		return err;
	if (json_object_get(answer, "error"))
		return writ_call_refuse(&request->cli, answer, 0);
	if (request->cli.json)
		return writ_output_json(json_incref(answer));
	(void)printf("withdrawn: request %s\n", request->withdraw);
	return WRIT_EXIT_OK;
}

static int request_main(int argc, char **argv)
{
	struct request request = {0};
	const struct writ_option options[] = {
		WRIT_OPTIONS_COMMON(&request.cli),
		WRIT_FORM_OPTIONS(&request.form),
		{.name = "wait", .flag = &request.patience.wait, .value = &request.patience.text},
		{.name = "id", .value = &request.id},
		{.name = "withdraw", .value = &request.withdraw},
		{0}};
	_cleanup_json_ json_t *answer = NULL;
	struct writ_arguments arguments;
	int err = writ_options_parse(&request.cli, options, argc, argv, &arguments);

	if (!err)
		err = writ_outcome_patience(&request.cli, &request.patience);
	if (!err && (!!arguments.count + !!request.id + !!request.withdraw != 1 || arguments.rest))
		err = writ_options_usage(&request.cli,
					 "name a playbook and its parameters as name=value, or a "
					 "request with --id or --withdraw");
	if (err)
		return err;
	if (request.withdraw)
		return withdraw(&request);
	err = request.id ? look(&request, "GET", request.id, &answer)
			 : ask(&request, &arguments, &answer);
	if (err)
		return err;
	return writ_outcome_say(&request.cli, answer,
				request.form.ttl ? request.form.ttl : "the default");
}

const struct writ_command writ_command_request = {
	.name = "request",
	.arguments =
		"PLAYBOOK [NAME=VALUE ...] [--ticket TICKET] [--sponsor NAME] [--reason TEXT]\n"
		"                    [--ttl TIME] [--delay TIME] [--context NAME=VALUE ...]\n"
		"                    [--wait[=TIME]] [--json] | --id REQUEST | "
		"--withdraw REQUEST",
	.summary = "ask for a grant (as an agent)",
	.help = "      --ticket TICKET     on which ticket\n"
		"      --sponsor NAME      the person who answers for it\n"
		"      --reason TEXT       why, for those who approve\n"
		"      --ttl TIME          for how long (90s, 3m, 1h30m); else the playbook's "
		"default\n"
		"      --delay TIME        begin that much later\n"
		"      --context NAME=VALUE  session, prompt, tool_call or parent: for the record\n"
		"      --wait[=TIME]       until it is decided, or at most so long\n"
		"      --id REQUEST        how that request stands\n"
		"      --withdraw REQUEST  take it back\n"
		"\n"
		"Exits with 0 when granted, 5 when refused, 6 while people have not decided.\n"
		"'writ whoami' shows what may be asked for.\n"
		"\n"
		"Example: writ request rotate-certificate service=billing --ticket CHG-1842\n",
	.main = request_main,
};
