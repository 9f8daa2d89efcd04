/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `writ approve` and `writ deny`: a person decides a request. Both speak to the core alone, which
 * knows the person by the connection: no broker can do it in their name.
 */
#include <inttypes.h>
#include <stdio.h>

#include "cli/command.h"
#include "cli/output.h"
#include "cli/proposals.h"

static void print_head(const char *what, const struct writ_proposal_row *row)
{
	char head[2048], text[4096];

	(void)snprintf(head, sizeof(head), "%s to %s", row->playbook, row->agent);
	(void)printf("%s %" PRIu64 ": %s", what, (uint64_t)row->proposal,
		     writ_output_text(head, text, sizeof(text)));
	if (*row->parameters)
		(void)printf(" (%s)", writ_output_text(row->parameters, text, sizeof(text)));
}

static void print_approved(const struct writ_proposal_row *row)
{
	char text[2048];

	print_head("approved", row);
	(void)printf("\n%u of %u: %s", row->given, row->needed,
		     writ_output_text(row->approvers, text, sizeof(text)));
	if (row->state == WRIT_PROPOSAL_PENDING)
		(void)printf("; %u more must approve\n",
			     row->needed > row->given ? row->needed - row->given : 0);
	else
		(void)printf("; it is issued now: see 'writ grants'\n");
}

static void print_denied(const struct writ_proposal_row *row)
{
	print_head("denied", row);
	(void)printf("\n");
}

/* Sends @request about the proposal that @arguments name. */
static int decide(const struct writ_cli *cli, const struct writ_arguments *arguments,
		  struct writ_request *request, void (*print)(const struct writ_proposal_row *row))
{
	_cleanup_answer_ struct writ_answer answer = {0};
	int err;

	if (arguments->count != 1 || arguments->rest)
		return writ_options_usage(cli, "name one request by its number in 'writ pending'");
	err = writ_control_number(cli, "request", "writ pending", arguments->positional[0],
				  &request->proposal);
	if (!err)
		err = writ_control_ask(cli, request, &answer);
	if (err)
		return err;
	if (answer.count != 1)
		return writ_options_fail(cli, WRIT_EXIT_FAILED,
					 "writd took the decision but did not show it: see "
					 "'writ pending'");
	if (cli->json)
		return writ_output_json(writ_proposals_row(&answer.rows[0].proposal));
	print(&answer.rows[0].proposal);
	return WRIT_EXIT_OK;
}

static int approve_main(int argc, char **argv)
{
	struct writ_cli cli = {0};
	const struct writ_option options[] = {WRIT_OPTIONS_COMMON(&cli), {0}};
	struct writ_request request = writ_control_request(WRIT_VERB_APPROVE);
	struct writ_arguments arguments;
	int err = writ_options_parse(&cli, options, argc, argv, &arguments);

	return err ? err : decide(&cli, &arguments, &request, print_approved);
}

static int deny_main(int argc, char **argv)
{
	struct writ_cli cli = {0};
	const char *reason = NULL;
	const struct writ_option options[] = {
		WRIT_OPTIONS_COMMON(&cli), {.name = "reason", .value = &reason}, {0}};
	struct writ_request request = writ_control_request(WRIT_VERB_REFUSE);
	struct writ_arguments arguments;
	int err = writ_options_parse(&cli, options, argc, argv, &arguments);

	if (!err && reason)
		err = writ_control_field(&cli, "the reason", reason, request.reason,
					 sizeof(request.reason));
	return err ? err : decide(&cli, &arguments, &request, print_denied);
}

const struct writ_command writ_command_approve = {
	.name = "approve",
	.arguments = "NUMBER [--json]",
	.summary = "approve a request that waits",
	.help = "NUMBER is that of 'writ pending'. Nobody approves what they asked for "
		"themselves,\n"
		"or twice. With the last approval that is needed the grant is issued.\n",
	.main = approve_main,
};

const struct writ_command writ_command_deny = {
	.name = "deny",
	.arguments = "NUMBER [--reason TEXT] [--json]",
	.summary = "refuse a request that waits",
	.help = "      --reason TEXT   for the asker\n"
		"\n"
		"NUMBER is that of 'writ pending'.\n",
	.main = deny_main,
};
