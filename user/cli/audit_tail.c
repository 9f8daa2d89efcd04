/* SPDX-License-Identifier: Apache-2.0 */
/* `writ audit tail`: the last lines of the audit log, and those that follow. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/audit.h"
#include "cli/command.h"
#include "cli/follow.h"
#include "cli/live.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/show.h"
#include "lib/cleanup.h"
#include "writ/control.h"

#define LINES_SHOWN "10"   /* as the help of audit.c says */
#define POLL_NS 200000000L /* a person sees no delay; 5 calls of stat a second cost nothing */

struct tail {
	struct writ_cli cli;
	const char *path;
	const char *named; /* what --file says; NULL: nothing */
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

/* What writ-forward says of itself: lines may have been left out, or come again. */
static void show_word(const struct tail *tail, const char *line)
{
	char text[1024];

	if (tail->cli.json) {
		(void)printf("%s\n", line);
		return;
	}
	(void)fflush(stdout);
	(void)writ_options_fail(&tail->cli, WRIT_EXIT_OK, "writ-forward says: %s",
				writ_output_text(line, text, sizeof(text)));
}

static int take(void *context, const char *text, size_t len)
{
	struct tail *tail = context;
	char shown[WRIT_SHOW_SIZE];

	if (strstr(text, "\"type\":\"forward\","))
		show_word(tail, text);
	else if (writ_show_line(text, len, shown, sizeof(shown)))
		tail->bad = true;
	else
		(void)printf("%s\n", tail->cli.json ? text : shown);
	return fflush(stdout) ? 1 : 0; /* the reader is gone */
}

/* Who may not read the log asks who may: that serves operators. */
static int tail_live(struct tail *tail)
{
	int err = writ_live_follow(&tail->cli, take, tail);

	if (err == -EUSERS)
		return writ_options_fail(&tail->cli, WRIT_EXIT_FAILED,
					 "there are too many who follow the log already");
	if (err == -EACCES || err == -EPERM)
		return writ_options_fail(&tail->cli, WRIT_EXIT_NOT_PERMITTED,
					 "no permission for %s, nor to follow it by audit.sock: "
					 "run this as root or as a member of the operators' group",
					 tail->path);
	if (err < 0)
		return writ_options_fail(&tail->cli, WRIT_EXIT_UNREACHABLE,
					 "no permission for %s, and nobody serves audit.sock: is "
					 "writd running? See 'writ status'",
					 tail->path);
	return tail->bad ? WRIT_EXIT_FAILED : WRIT_EXIT_OK;
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
	if (err == -EACCES && tail->follow && !tail->named)
		return tail_live(tail);
	if (err)
		return writ_audit_fail(&tail->cli, tail->path, err);
	return tail->bad ? WRIT_EXIT_FAILED : WRIT_EXIT_OK;
}

int writ_audit_tail_main(int argc, char **argv)
{
	struct tail tail = {.cli = {.verb = "audit"}, .lines = LINES_SHOWN};
	const struct writ_option options[] = {
		WRIT_OPTIONS_COMMON(&tail.cli),
		{.name = "follow", .letter = 'f', .flag = &tail.follow},
		{.name = "lines", .letter = 'n', .value = &tail.lines},
		{.name = "file", .value = &tail.named},
		{0}};
	struct writ_arguments arguments;
	int err = writ_options_parse(&tail.cli, options, argc, argv, &arguments);

	if (err)
		return err;
	if (arguments.count != 1 || arguments.rest)
		return writ_options_usage(&tail.cli, "'audit tail' takes options only");
	tail.path = tail.named ? tail.named : WRIT_AUDIT_LOG;
	return tail_log(&tail);
}
