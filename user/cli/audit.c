/* SPDX-License-Identifier: Apache-2.0 */
/* `writ audit tail`: the last lines of the audit log, and those that follow. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/command.h"
#include "cli/follow.h"
#include "cli/options.h"
#include "cli/show.h"
#include "lib/cleanup.h"
#include "writ/control.h"

#define LINES_SHOWN "10"
#define POLL_NS 200000000L /* a person sees no delay; 5 calls of stat a second cost nothing */

struct tail {
	struct writ_cli cli;
	const char *path;
	const char *lines;
	bool follow;
	bool bad; /* some line could not be shown */
};

static void show(struct tail *tail, struct writ_follow *follow, const struct writ_line *line)
{
	char shown[WRIT_SHOW_SIZE];
	int err = writ_show_line(line->text, line->len, shown, sizeof(shown));

	if (err || line->cut) {
		tail->bad = true;
		(void)fflush(stdout); /* in order, where both go to one place */
		(void)writ_options_fail(
			&tail->cli, WRIT_EXIT_FAILED, "%s: line %llu is %s: left out", tail->path,
			(unsigned long long)writ_follow_number(follow, line->offset),
			line->cut ? "cut" : "no line of Writ's");
		return;
	}
	(void)printf("%s\n", tail->cli.json ? line->text : shown);
}

static int fail(const struct tail *tail, int err)
{
	int exit = err == -EACCES || err == -EPERM ? WRIT_EXIT_NOT_PERMITTED : WRIT_EXIT_FAILED;

	if (err == -ENOENT)
		return writ_options_fail(&tail->cli, exit,
					 "there is no %s: writd has not run yet, or writes "
					 "elsewhere (see 'writ status', then --file)",
					 tail->path);
	return writ_options_fail(&tail->cli, exit, "can't read %s: %s", tail->path, strerror(-err));
}

/* All lines that are there. @last: the rest without newline too. Returns 0 or -errno. */
static int copy(struct tail *tail, struct writ_follow *follow, bool last)
{
	struct writ_line line;
	int err;

	while ((err = writ_follow_next(follow, last, &line)) > 0)
		show(tail, follow, &line);
	return err;
}

/* Goes over to a new file, once everything of the old one was shown. */
static int change_file(struct tail *tail, struct writ_follow *follow)
{
	int err = copy(tail, follow, true);

	return err ? err : writ_follow_reopen(follow);
}

static int go_on(struct tail *tail, struct writ_follow *follow)
{
	int err = 0;

	while (!err) {
		err = copy(tail, follow, false);
		if (!err && fflush(stdout))
			return 0; /* the reader is gone */
		if (!err)
			err = writ_follow_over(follow);
		if (err > 0)
			err = change_file(tail, follow);
		(void)nanosleep(&(const struct timespec){.tv_nsec = POLL_NS}, NULL);
	}
	return err;
}

static int parse_lines(const struct tail *tail, uint64_t *ret)
{
	char *end = NULL;

	errno = 0;
	*ret = strtoull(tail->lines, &end, 10);
	if (*tail->lines < '0' || *tail->lines > '9' || *end || errno)
		return writ_options_usage(&tail->cli, "-n '%s' is no number of lines", tail->lines);
	return WRIT_EXIT_OK;
}

static int tail_log(struct tail *tail)
{
	_cleanup_(writ_follow_closep) struct writ_follow *follow = NULL;
	uint64_t lines = 0;
	int err;

	err = parse_lines(tail, &lines);
	if (err)
		return err;
	err = writ_follow_open(tail->path, lines, &follow);
	if (!err)
		err = tail->follow ? go_on(tail, follow) : copy(tail, follow, true);
	if (err)
		return fail(tail, err);
	return tail->bad ? WRIT_EXIT_FAILED : WRIT_EXIT_OK;
}

static int audit_main(int argc, char **argv)
{
	static const char *const verbs[] = {"tail", NULL};
	struct tail tail = {.path = WRIT_AUDIT_LOG, .lines = LINES_SHOWN};
	const struct writ_option options[] = {
		WRIT_OPTIONS_COMMON(&tail.cli),
		{.name = "follow", .letter = 'f', .flag = &tail.follow},
		{.name = "lines", .letter = 'n', .value = &tail.lines},
		{.name = "file", .value = &tail.path},
		{0}};
	struct writ_arguments arguments;
	const char *verb, *nearest;
	int err;

	err = writ_options_parse(&tail.cli, options, argc, argv, &arguments);
	if (err)
		return err;
	verb = arguments.count ? arguments.positional[0] : "";
	nearest = writ_options_nearest(verb, verbs);
	if (strcmp(verb, "tail") && nearest)
		return writ_options_usage(&tail.cli, "unknown 'audit %s': did you mean '%s'?", verb,
					  nearest);
	if (strcmp(verb, "tail") || arguments.count != 1 || arguments.rest)
		return writ_options_usage(&tail.cli, "write 'audit tail'");
	return tail_log(&tail);
}

const struct writ_command writ_command_audit = {
	.name = "audit",
	.arguments = "tail [-f] [-n LINES] [--file FILE] [--json]",
	.summary = "show the audit log",
	.help = "  -f, --follow        go on as the log grows, also across rotation\n"
		"  -n, --lines LINES   begin that many lines before the end (" LINES_SHOWN ")\n"
		"      --file FILE     another log than " WRIT_AUDIT_LOG "\n"
		"      --json          the lines as they are, see writ-audit(5)\n"
		"\n"
		"Times are UTC. A line that is cut, or none of Writ's, is left out and reported; "
		"the\n"
		"exit code is then 1.\n",
	.main = audit_main,
};
