/* SPDX-License-Identifier: Apache-2.0 */
/* `writ audit export`: the lines that answer a question, in the form that another program reads. */
#include "cli/audit_export.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/audit.h"
#include "cli/audit_filter.h"
#include "cli/command.h"

#define ENOUGH 1 /* the visitor's word for it */

static int put_native(FILE *file, const char *line, size_t len)
{
	(void)fwrite(line, 1, len, file);
	return ferror(file) ? -EIO : 0;
}

static const struct writ_export_format native = {"native", NULL, put_native};
static const struct writ_export_format *const formats[] = {&native, &writ_export_csv};
#define N_FORMATS (sizeof(formats) / sizeof(formats[0]))

struct export
{
	struct writ_cli cli;
	struct writ_audit_filter filter;
	const char *name;
	const struct writ_export_format *format;
	uint64_t bad;
};

static int take(void *context, const char *line, size_t len)
{
	struct export *export = context;
	int err;

	if (!export->filter.left--)
		return ENOUGH;
	err = export->format->line(stdout, line, len);
	export->bad += err == -EBADMSG;
	return err == -EBADMSG ? 0 : err;
}

static int find_format(struct export *export)
{
	const char *words[N_FORMATS + 1] = {0}, *nearest;

	for (size_t i = 0; i < N_FORMATS; i++) {
		words[i] = formats[i]->name;
		if (!strcmp(export->name, formats[i]->name))
			export->format = formats[i];
	}
	if (export->format)
		return WRIT_EXIT_OK;
	nearest = writ_options_nearest(export->name, words);
	return writ_options_usage(&export->cli, "--format '%s' is unknown: write %s", export->name,
				  nearest ? nearest : "native or csv");
}

static int run(struct export *export)
{
	const char *path = export->filter.path;
	struct writ_query_cost cost = {0};
	int err = export->format->begin ? export->format->begin(stdout) : 0;

	if (!err)
		err = writ_query_run(path, &export->filter.query, take, export, &cost);
	if (fflush(stdout) || ferror(stdout))
		return writ_options_fail(&export->cli, WRIT_EXIT_FAILED,
					 "standard output failed: what is there is not all");
	if (err && err != ENOUGH)
		return writ_audit_fail(&export->cli, path, err);
	err = writ_audit_filter_damage(&export->cli, &cost);
	if (!err && export->bad)
		err = writ_options_fail(&export->cli, WRIT_EXIT_FAILED,
					"%llu lines are none of Writ's: left out",
					(unsigned long long)export->bad);
	return err;
}

int writ_audit_export_main(int argc, char **argv)
{
	struct export export = {.cli = {.verb = "audit"}, .name = "native"};
	struct writ_option options[3 + WRIT_AUDIT_FILTER_OPTIONS] = {
		WRIT_OPTIONS_COMMON(&export.cli), {.name = "format", .value = &export.name}};
	struct writ_arguments arguments;
	int err;

	writ_audit_filter_init(&export.filter);
	writ_audit_filter_options(&export.filter, options + 3);
	err = writ_options_parse(&export.cli, options, argc, argv, &arguments);
	if (err)
		return err;
	if (arguments.count != 1 || arguments.rest)
		return writ_options_usage(&export.cli, "'audit export' takes options only");
	err = find_format(&export);
	if (!err)
		err = writ_audit_filter_check(&export.cli, &export.filter);
	return err ? err : run(&export);
}
