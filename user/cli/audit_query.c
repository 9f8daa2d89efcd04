/* SPDX-License-Identifier: Apache-2.0 */
/* `writ audit query`: the lines of the log, rotated ones too, that answer a question. */
#include <stdio.h>

#include "cli/audit.h"
#include "cli/audit_filter.h"
#include "cli/command.h"
#include "cli/show.h"

#define ENOUGH 1 /* the visitor's word for it */

struct query {
	struct writ_cli cli;
	struct writ_audit_filter filter;
	uint64_t bad; /* lines that can't be shown */
};

static int show(void *context, const char *line, size_t len)
{
	struct query *query = context;
	char shown[WRIT_SHOW_SIZE];

	if (!query->filter.left--)
		return ENOUGH;
	if (query->cli.json) {
		(void)fwrite(line, 1, len, stdout);
		return ferror(stdout) ? ENOUGH : 0;
	}
	if (writ_show_line(line, len - (line[len - 1] == '\n'), shown, sizeof(shown)))
		query->bad++;
	else if (puts(shown) < 0)
		return ENOUGH; /* the reader is gone */
	return 0;
}

static int run(struct query *query)
{
	const char *path = query->filter.path;
	struct writ_query_cost cost;
	int err = writ_query_run(path, &query->filter.query, show, query, &cost);

	if (err && err != ENOUGH)
		return writ_audit_fail(&query->cli, path, err);
	(void)fflush(stdout);
	err = writ_audit_filter_damage(&query->cli, &cost);
	if (!err && query->bad)
		err = writ_options_fail(&query->cli, WRIT_EXIT_FAILED,
					"%llu lines are none of Writ's: left out",
					(unsigned long long)query->bad);
	return err;
}

int writ_audit_query_main(int argc, char **argv)
{
	struct query query = {.cli = {.verb = "audit"}};
	struct writ_option options[2 + WRIT_AUDIT_FILTER_OPTIONS] = {
		WRIT_OPTIONS_COMMON(&query.cli)};
	struct writ_arguments arguments;
	int err;

	writ_audit_filter_init(&query.filter);
	writ_audit_filter_options(&query.filter, options + 2);
	err = writ_options_parse(&query.cli, options, argc, argv, &arguments);
	if (err)
		return err;
	if (arguments.count != 1 || arguments.rest)
		return writ_options_usage(&query.cli, "'audit query' takes options only");
	err = writ_audit_filter_check(&query.cli, &query.filter);
	return err ? err : run(&query);
}
