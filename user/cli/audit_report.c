/* SPDX-License-Identifier: Apache-2.0 */
/* `writ audit report`: all that the log knows of a grant or an agent, for people who ask later. */
#include "cli/audit_report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/audit.h"
#include "cli/audit_filter.h"
#include "cli/command.h"
#include "cli/output.h"
#include "lib/cleanup.h"
#include "trail/key.h"
#include "writ/control.h"

struct asked {
	struct writ_cli cli;
	struct writ_report_question question;
	const char *since;
	const char *until;
	const char *key;
	uint8_t anchor[WRIT_KEY_SIZE];
	bool html;
};

static void show_progress(void *context, uint64_t lines)
{
	(void)context;
	(void)fprintf(stderr, "\r\033[K%llu lines", (unsigned long long)lines);
}

/* A number is a grant, anything else an agent. */
static int parse_name(struct asked *asked, const char *name)
{
	struct writ_report_question *question = &asked->question;
	char *end;

	question->name = name;
	if (!*name || strlen(name) > WRIT_BLOCK_WORD_MAX || strpbrk(name, "\"\\"))
		return writ_options_usage(&asked->cli,
					  "'%.64s' is neither a grant's number nor an agent's name",
					  name);
	if (strspn(name, "0123456789") != strlen(name)) {
		question->agent = name;
		return WRIT_EXIT_OK;
	}
	errno = 0;
	question->grant = strtoull(name, &end, 10);
	if (errno || !question->grant)
		return writ_options_usage(&asked->cli, "'%.64s' is no grant's number", name);
	return WRIT_EXIT_OK;
}

static int parse(struct asked *asked, const struct writ_arguments *arguments)
{
	struct writ_report_question *question = &asked->question;
	int err;

	if (arguments->count != 2 || arguments->rest)
		return writ_options_usage(&asked->cli, "'audit report' takes one grant or agent: "
						       "'writ audit report 17'");
	if (asked->html && asked->cli.json)
		return writ_options_usage(&asked->cli, "give --json or --html, not both");
	if (asked->key && !question->verify)
		return writ_options_usage(&asked->cli, "--key is of use with --verify only");
	err = parse_name(asked, arguments->positional[1]);
	if (!err)
		err = writ_audit_filter_moment(&asked->cli, "since", asked->since, false,
					       &question->since_us);
	if (!err)
		err = writ_audit_filter_moment(&asked->cli, "until", asked->until, true,
					       &question->until_us);
	if (!err && asked->key) {
		err = writ_audit_parse_key(&asked->cli, asked->key, asked->anchor);
		question->anchor = asked->anchor;
	}
	return err;
}

static int fail(const struct asked *asked, int err)
{
	const struct writ_report_question *question = &asked->question;

	if (err == -ENOMEM)
		return writ_options_fail(&asked->cli, WRIT_EXIT_FAILED, "out of memory");
	if (err != -ENODATA)
		return writ_audit_fail(&asked->cli, question->log, err);
	return writ_options_fail(&asked->cli, WRIT_EXIT_FAILED,
				 "%s%s%s: no line of %s is about %s %s; see 'writ audit query "
				 "--type grant' for those that there are",
				 "nothing found", asked->since ? " since " : "",
				 asked->since ? asked->since : "", question->log,
				 question->grant ? "grant" : "agent", question->name);
}

static int show(const struct asked *asked, const struct writ_report *report)
{
	char text[5120];
	int err;

	if (asked->html)
		err = writ_report_html(report, stdout);
	else if (asked->cli.json)
		err = writ_output_json(writ_report_json(report));
	else
		err = writ_report_text(report, stdout);
	if (err)
		return writ_options_fail(&asked->cli, err, "standard output failed");
	if (writ_report_complete(report, text, sizeof(text)) == WRIT_REPORT_BROKEN)
		return writ_options_fail(&asked->cli, WRIT_EXIT_FAILED, "%s", text);
	return WRIT_EXIT_OK;
}

int writ_audit_report_main(int argc, char **argv)
{
	struct asked asked = {
		.cli = {.verb = "audit"},
		.question = {.log = WRIT_AUDIT_LOG, .since_us = INT64_MIN, .until_us = INT64_MAX},
	};
	const struct writ_option options[] = {WRIT_OPTIONS_COMMON(&asked.cli),
					      {.name = "html", .flag = &asked.html},
					      {.name = "verify", .flag = &asked.question.verify},
					      {.name = "key", .value = &asked.key},
					      {.name = "since", .value = &asked.since},
					      {.name = "until", .value = &asked.until},
					      {.name = "file", .value = &asked.question.log},
					      {0}};
	_cleanup_(writ_report_freep) struct writ_report *report = NULL;
	struct writ_arguments arguments;
	int err = writ_options_parse(&asked.cli, options, argc, argv, &arguments);

	if (!err)
		err = parse(&asked, &arguments);
	if (err)
		return err;
	if (isatty(STDERR_FILENO))
		asked.question.progress = show_progress;
	err = writ_report_gather(&asked.question, &report);
	if (asked.question.progress)
		(void)fputs("\r\033[K", stderr);
	return err ? fail(&asked, err) : show(&asked, report);
}
