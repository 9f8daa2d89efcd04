/* SPDX-License-Identifier: Apache-2.0 */
/* `writ policy explain`: may this agent do that, by which rule, and if not, what would help. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/policy.h"
#include "cli/policy_words.h"
#include "compile/explain.h"
#include "compile/values.h"
#include "lib/cleanup.h"
#include "lib/time.h"
#include "writ/names.h"

struct asked {
	const char *access, *at, *policy;
	struct writ_option_list grants;
	struct writ_arguments arguments;
	struct writ_policy_grant_words words[WRIT_SUPPOSE_MAX];
	struct writ_explain_grant supposed[WRIT_SUPPOSE_MAX];
	const char *argv[2 * WRIT_POSITIONALS_MAX];
	char object[WRIT_PATH_SIZE]; /* a peer, from several words */
	struct writ_explain_question question;
};

static int take_argv(const struct writ_cli *cli, struct asked *asked, size_t first)
{
	struct writ_explain_question *question = &asked->question;
	const char *slash = strrchr(question->path, '/');
	size_t n = 0;

	for (size_t i = first; i < asked->arguments.count; i++)
		asked->argv[n++] = asked->arguments.positional[i];
	for (char **rest = asked->arguments.rest; rest && *rest; rest++) {
		if (n == 2 * WRIT_POSITIONALS_MAX)
			return writ_options_usage(cli, "more than %zu arguments", n);
		asked->argv[n++] = *rest;
	}
	if (!n)
		asked->argv[n++] = slash ? slash + 1 : question->path;
	question->argv = asked->argv;
	question->n_argv = n;
	return WRIT_EXIT_OK;
}

static int take_peer(const struct writ_cli *cli, struct asked *asked, size_t first)
{
	size_t used = 0;
	const char *why;

	for (size_t i = first; i < asked->arguments.count && used < sizeof(asked->object); i++)
		used += (size_t)snprintf(asked->object + used, sizeof(asked->object) - used, "%s%s",
					 used ? " " : "", asked->arguments.positional[i]);
	if (writ_explain_peer(asked->object, &asked->question, &why))
		return writ_options_usage(cli, "'%s': %s", asked->object, why);
	return WRIT_EXIT_OK;
}

static int take_object(const struct writ_cli *cli, struct asked *asked)
{
	struct writ_explain_question *question = &asked->question;
	const char *why;

	question->path = asked->arguments.positional[3];
	if (asked->access && strcmp(asked->arguments.positional[2], "open"))
		return writ_options_usage(cli, "--access goes with operation open, not with %s",
					  asked->arguments.positional[2]);
	if (asked->access && writ_explain_access(asked->access, &question->access))
		return writ_options_usage(cli, "--access '%s': write words such as read,write",
					  asked->access);
	if (question->operation == WRIT_OP_CONNECT)
		return take_peer(cli, asked, 3);
	why = strcmp(question->path, "/") ? writ_values_path_fault(question->path) : NULL;
	if (why)
		return writ_options_usage(
			cli, "'%s' %s: the kernel asks for the absolute path behind all links",
			question->path, why);
	if (question->operation == WRIT_OP_EXEC)
		return take_argv(cli, asked, 4);
	if (!question->access)
		return writ_options_usage(cli, "open for what? write --access read,write");
	if (asked->arguments.count > 4 || asked->arguments.rest)
		return writ_options_usage(cli, "one path at a time");
	return WRIT_EXIT_OK;
}

static int take_grants(const struct writ_cli *cli, struct asked *asked)
{
	struct writ_explain_question *question = &asked->question;

	if (asked->grants.count > WRIT_SUPPOSE_MAX)
		return writ_options_usage(cli, "more than %u grants", WRIT_SUPPOSE_MAX);
	for (size_t i = 0; i < asked->grants.count; i++) {
		int err = writ_policy_grant(cli, asked->grants.items[i], &asked->words[i],
					    &asked->supposed[i]);

		if (err)
			return err;
	}
	question->grants = asked->supposed;
	question->n_grants = asked->grants.count;
	if (asked->at && writ_time_parse(asked->at, &question->at_ns))
		return writ_options_usage(cli, "--at '%s' is no time: write 90s, 3m or 1h30m",
					  asked->at);
	return WRIT_EXIT_OK;
}

static int take_question(const struct writ_cli *cli, struct asked *asked)
{
	static const char *const words[] = {"read", "write",   "create", "open",
					    "exec", "connect", NULL};
	const char *operation = asked->arguments.positional[2], *nearest;
	int err;

	if (asked->arguments.count < 4)
		return writ_options_usage(cli, "write 'policy explain AGENT OPERATION OBJECT'");
	asked->question.agent = asked->arguments.positional[1];
	if (writ_explain_operation(operation, &asked->question)) {
		nearest = writ_options_nearest(operation, words);
		return writ_options_usage(
			cli, "unknown operation '%s': %s%s%s", operation,
			nearest ? "did you mean '" : "write read, write, create, ",
			nearest ? nearest : "open, exec or connect", nearest ? "'?" : "");
	}
	err = take_object(cli, asked);
	return err ? err : take_grants(cli, asked);
}

static int ask(const struct writ_cli *cli, const struct writ_policy *policy,
	       const struct writ_explain_question *question, struct writ_explain_answer *ret_answer)
{
	_cleanup_(writ_diagnostics_free) struct writ_diagnostics diags = {0};
	_cleanup_(writ_explain_freep) struct writ_explainer *explainer = NULL;
	int err = writ_explain_new(policy, &explainer);
	char text[2048];

	if (!err)
		err = writ_explain_ask(explainer, question, &diags, ret_answer);
	if (!err)
		return WRIT_EXIT_OK;
	writ_diagnostics_join(&diags, text, sizeof(text));
	return writ_options_fail(cli, WRIT_EXIT_USAGE, "%s", *text ? text : strerror(-err));
}

static int explain(const struct writ_cli *cli, struct asked *asked)
{
	_cleanup_(writ_policy_freep) struct writ_policy *policy = NULL;
	const char *path = asked->policy;
	struct writ_explain_answer answer;
	struct writ_policy_shown shown = {.question = &asked->question, .answer = &answer};
	int err = take_question(cli, asked);

	if (!err && !path)
		err = writ_policy_default(cli, WRIT_EXIT_USAGE, &path);
	if (!err)
		err = writ_policy_open(cli, &path, 1, WRIT_EXIT_USAGE, &policy);
	if (!err)
		err = ask(cli, policy, &asked->question, &answer);
	if (err)
		return err;
	shown.operation = asked->arguments.positional[2];
	shown.object =
		asked->question.operation == WRIT_OP_CONNECT ? asked->object : asked->question.path;
	if (!cli->json)
		writ_policy_show(&shown);
	else if (writ_output_json(writ_policy_show_json(&shown)))
		return WRIT_EXIT_USAGE;
	return answer.verdict == WRIT_VERDICT_ALLOW ? WRIT_EXIT_OK : WRIT_EXIT_FAILED;
}

int writ_policy_explain_main(int argc, char **argv)
{
	struct writ_cli cli = {.program = true};
	struct asked asked = {0};
	const struct writ_option options[] = {WRIT_OPTIONS_COMMON(&cli),
					      {.name = "access", .value = &asked.access},
					      {.name = "grant", .list = &asked.grants},
					      {.name = "at", .value = &asked.at},
					      {.name = "policy", .value = &asked.policy},
					      {0}};
	int err = writ_options_parse(&cli, options, argc, argv, &asked.arguments);

	return err ? err : explain(&cli, &asked);
}
