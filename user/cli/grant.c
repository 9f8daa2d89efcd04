/* SPDX-License-Identifier: Apache-2.0 */
/* `writ grant`: an operator gives one playbook to one agent, until one moment. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/fields.h"
#include "cli/form.h"
#include "cli/outcome.h"
#include "cli/output.h"

static void set(json_t *json, const char *key, json_t *value)
{
	if (json_object_set_new(json, key, value))
		abort(); /* out of memory: nothing that is half a row is printed */
}

static void copy(json_t *json, const char *key, const json_t *from, const char *key_there)
{
	json_t *value = json_object_get(from, key_there);

	set(json, key, value ? json_incref(value) : json_null());
}

/* The row as in writ-grants(1), with the same keys. */
static json_t *row_of(const json_t *grant)
{
	static const char *const same[] = {"agent",   "role",  "playbook", "ticket",
					   "sponsor", "scope", "state",	   "seconds_left"};
	_cleanup_json_ json_t *json = json_object();
	char parameters[8192];

	copy(json, "grant", grant, "id");
	copy(json, "request", grant, "request");
	copy(json, "operator", grant, "requester");
	copy(json, "issued", grant, "issued_at");
	copy(json, "not_before", grant, "begins_at");
	copy(json, "expires", grant, "expires_at");
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		copy(json, same[i], grant, same[i]);
	set(json, "parameters",
	    json_string(writ_fields_pairs(grant, "parameters", parameters, sizeof(parameters))));
	set(json, "clipped", json_boolean(strcmp(writ_fields_text(grant, "clip"), "none") != 0));
	return json_incref(json);
}

static int send(const struct writ_cli *cli, const struct writ_form *form,
		const struct writ_arguments *arguments, const struct writ_patience *patience)
{
	struct writ_call call = {
		.cli = cli, .operators = true, .method = "POST", .target = "/v1/requests"};
	_cleanup_json_ json_t *body = NULL, *answer = NULL;
	int err = writ_form_build(cli, form, arguments, &body);

	if (err)
		return err;
	call.body = body;
	err = writ_outcome_await(&call, patience, &answer);
	if (err)
		return err;
	if (cli->json && writ_outcome_grant(answer))
		return writ_output_json(row_of(writ_outcome_grant(answer)));
	return writ_outcome_say(cli, answer, form->ttl ? form->ttl : "the default");
}

static int grant_main(int argc, char **argv)
{
	struct writ_form form = {0};
	struct writ_patience patience = {0};
	struct writ_cli cli = {0};
	const struct writ_option options[] = {
		WRIT_OPTIONS_COMMON(&cli),
		WRIT_FORM_OPTIONS(&form),
		{.name = "agent", .value = &form.agent},
		{.name = "wait", .flag = &patience.wait, .value = &patience.text},
		{0}};
	struct writ_arguments arguments;
	int err = writ_options_parse(&cli, options, argc, argv, &arguments);

	if (!err)
		err = writ_outcome_patience(&cli, &patience);
	if (!err && !form.agent)
		err = writ_options_usage(&cli, "name the agent: --agent AGENT");
	return err ? err : send(&cli, &form, &arguments, &patience);
}

const struct writ_command writ_command_grant = {
	.name = "grant",
	.arguments = "PLAYBOOK --agent AGENT [NAME=VALUE ...] [--ttl TIME] [--delay TIME]\n"
		     "                  [--ticket TICKET] [--sponsor NAME] [--reason TEXT]\n"
		     "                  [--context NAME=VALUE ...] [--wait[=TIME]] [--json]",
	.summary = "grant a playbook to an agent, for a time (as an operator)",
	.help = "      --agent AGENT    who gets it\n"
		"      --ttl TIME       for how long (90s, 3m, 1h30m); the playbook's default\n"
		"                       without it, and never more than its maximum\n"
		"      --delay TIME     begin that much later\n"
		"      --ticket TICKET  on which ticket; many playbooks insist\n"
		"      --sponsor NAME   the person who answers for it\n"
		"      --reason TEXT    why, for those who approve\n"
		"      --context NAME=VALUE  session, prompt, tool_call or parent: for the record\n"
		"      --wait[=TIME]    where others must approve: until they have, or so long\n"
		"\n"
		"Example: writ grant rotate-certificate --agent billing-bot service=billing \\\n"
		"             --ttl 20s --ticket CHG-1842\n",
	.main = grant_main,
};
