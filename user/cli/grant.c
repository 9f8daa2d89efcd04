/* SPDX-License-Identifier: Apache-2.0 */
/* `writ grant`: asks the core for one playbook, for one agent, until one moment. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/rows.h"
#include "lib/time.h"

struct grant_options {
	const char *agent, *ttl, *delay, *ticket;
};

/* "10:11:12Z", or with its date when that is more than a day away. */
static void format_moment(uint64_t boot_ns, uint64_t now_ns, char *ret_text, size_t size)
{
	char stamp[WRIT_TIME_STAMP_SIZE];
	size_t from = boot_ns - now_ns < 86400 * WRIT_NS_PER_SECOND ? strlen("2026-11-22T") : 0;

	writ_time_stamp((int64_t)boot_ns + writ_time_offset(), stamp, sizeof(stamp));
	stamp[strlen("2026-11-22T10:11:12")] = '\0';
	(void)snprintf(ret_text, size, "%sZ", stamp + from);
}

static void print_granted(const struct writ_grant_row *row, const char *asked)
{
	const struct writ_grant_info *info = &row->info;
	char until[WRIT_TIME_STAMP_SIZE + 2], from[WRIT_TIME_STAMP_SIZE + 2], span[32];
	char ticket[4 * WRIT_TICKET_SIZE];

	writ_time_format(info->expires - info->not_before, span, sizeof(span));
	format_moment(info->expires, row->now_ns, until, sizeof(until));
	format_moment(info->not_before, row->now_ns, from, sizeof(from));
	(void)printf("granted %llu: %s to %s for %s", (unsigned long long)info->id, info->playbook,
		     info->agent_name, span);
	if (*info->ticket)
		(void)printf(" (ticket %s)",
			     writ_output_text(info->ticket, ticket, sizeof(ticket)));
	if (info->not_before > row->now_ns)
		(void)printf(", from %s", from);
	(void)printf(", until %s\n", until);
	if (row->clip)
		(void)printf("asked for %s: clipped to the %s that the playbook allows\n", asked,
			     span);
}

static int parse_time(const struct writ_cli *cli, const char *what, const char *text, __u64 *ret_ns)
{
	uint64_t ns = 0;

	if (!text)
		return WRIT_EXIT_OK;
	if (writ_time_parse(text, &ns))
		return writ_options_usage(cli, "--%s '%s' is no time: write 90s, 3m or 1h30m", what,
					  text);
	if (ns > WRIT_TTL_MAX_SECONDS * WRIT_NS_PER_SECOND)
		return writ_options_usage(cli, "--%s '%s' is over seven days", what, text);
	*ret_ns = ns;
	return WRIT_EXIT_OK;
}

static int add_parameter(const struct writ_cli *cli, const char *word, struct writ_request *request)
{
	struct writ_parameter *parameter = &request->parameters[request->n_parameters];
	size_t len = strcspn(word, "="), value = strlen(word) - len;

	if (!word[len] || !len)
		return writ_options_usage(cli, "parameter '%s' is not of the form name=value",
					  word);
	if (request->n_parameters == WRIT_PARAMETERS_MAX)
		return writ_options_usage(cli, "more than %u parameters", WRIT_PARAMETERS_MAX);
	if (len >= sizeof(parameter->name) || value > sizeof(parameter->value))
		return writ_options_usage(cli,
					  "parameter '%.*s' is too long: a name has at most "
					  "%u bytes, a value %u",
					  (int)(len < 64 ? len : 64), word, WRIT_NAME_SIZE - 1,
					  WRIT_VALUE_SIZE - 1);
	memcpy(parameter->name, word, len);
	memcpy(parameter->value, word + len + 1, value);
	for (__u32 i = 0; i < request->n_parameters; i++)
		if (!strcmp(request->parameters[i].name, parameter->name))
			return writ_options_usage(cli, "parameter '%s' is given twice",
						  parameter->name);
	request->n_parameters++;
	return WRIT_EXIT_OK;
}

static int fill(const struct writ_cli *cli, const struct grant_options *given,
		const struct writ_arguments *arguments, struct writ_request *request)
{
	int err;

	if (!arguments->count || arguments->rest)
		return writ_options_usage(cli, "name a playbook, and parameters as name=value");
	if (!given->agent)
		return writ_options_usage(cli, "name the agent: --agent AGENT");
	err = writ_control_field(cli, "the playbook's name", arguments->positional[0],
				 request->playbook, sizeof(request->playbook));
	if (!err)
		err = writ_control_field(cli, "the agent's name", given->agent, request->agent,
					 sizeof(request->agent));
	if (!err && given->ticket)
		err = writ_control_field(cli, "the ticket", given->ticket, request->ticket,
					 sizeof(request->ticket));
	if (!err)
		err = parse_time(cli, "ttl", given->ttl, &request->ttl_ns);
	if (!err && given->ttl && !request->ttl_ns)
		err = writ_options_usage(cli, "--ttl is zero");
	if (!err)
		err = parse_time(cli, "delay", given->delay, &request->delay_ns);
	for (size_t i = 1; !err && i < arguments->count; i++)
		err = add_parameter(cli, arguments->positional[i], request);
	return err;
}

static int grant_main(int argc, char **argv)
{
	struct grant_options given = {0};
	struct writ_cli cli = {0};
	const struct writ_option options[] = {WRIT_OPTIONS_COMMON(&cli),
					      {.name = "agent", .value = &given.agent},
					      {.name = "ttl", .value = &given.ttl},
					      {.name = "delay", .value = &given.delay},
					      {.name = "ticket", .value = &given.ticket},
					      {0}};
	_cleanup_answer_ struct writ_answer answer = {0};
	struct writ_request request = writ_control_request(WRIT_VERB_GRANT);
	struct writ_arguments arguments;
	int err;

	err = writ_options_parse(&cli, options, argc, argv, &arguments);
	if (!err)
		err = fill(&cli, &given, &arguments, &request);
	if (!err)
		err = writ_control_ask(&cli, &request, &answer);
	if (err)
		return err;
	if (!answer.count)
		return writ_options_fail(&cli, WRIT_EXIT_FAILED,
					 "writd issued the grant but did not show it: see its log");
	if (cli.json)
		return writ_output_json(writ_rows_grant(&answer.rows[0].grant));
	print_granted(&answer.rows[0].grant, given.ttl ? given.ttl : "the default");
	return WRIT_EXIT_OK;
}

const struct writ_command writ_command_grant = {
	.name = "grant",
	.arguments = "PLAYBOOK --agent AGENT [NAME=VALUE ...] [--ttl TIME] [--delay TIME] "
		     "[--ticket TICKET] [--json]",
	.summary = "grant a playbook to an agent, for a time",
	.help = "      --agent AGENT    who gets it\n"
		"      --ttl TIME       for how long (90s, 3m, 1h30m); the playbook's default\n"
		"                       without it, and never more than its maximum\n"
		"      --delay TIME     begin that much later\n"
		"      --ticket TICKET  on which ticket; many playbooks insist\n"
		"\n"
		"Example: writ grant rotate-certificate --agent billing-bot service=billing \\\n"
		"             --ttl 20s --ticket CHG-1842\n",
	.main = grant_main,
};
