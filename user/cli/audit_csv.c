/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of the log as CSV (RFC 4180): a column for each member that reports know, arrays as words,
 * objects as JSON. Spreadsheets take a cell that begins with = + - @ for a formula, and file names
 * are chosen by agents: such a text gets an apostrophe before it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/audit_export.h"
#include "cli/audit_line.h"
#include "cli/audit_report.h"
#include "lib/cleanup.h"

static int begin(FILE *file)
{
	for (int i = 0; i < WRIT_AUDIT_MEMBER_COUNT; i++)
		(void)fprintf(file, "%s%s", i ? "," : "", writ_audit_member_words[i]);
	(void)fputs("\r\n", file);
	return ferror(file) ? -EIO : 0;
}

static void put_cell(FILE *file, const char *text, bool number)
{
	(void)fputc('"', file);
	if (!number && *text && strchr("=+-@", *text))
		(void)fputc('\'', file);
	for (; *text; text++) {
		if (*text == '"')
			(void)fputc('"', file);
		(void)fputc(*text, file);
	}
	(void)fputc('"', file);
}

static int put_line(FILE *file, const char *text, size_t len)
{
	struct writ_audit_line line;
	int err = writ_audit_line_read(text, len, &line);

	if (err)
		return err;
	for (int i = 0; i < WRIT_AUDIT_MEMBER_COUNT; i++) {
		_cleanup_free_ char *value = writ_audit_line_text(&line, i);
		_cleanup_free_ char *fit = value ? writ_report_fit(value) : NULL;
		const char *at = line.members[i].at;

		(void)fputs(i ? "," : "", file);
		if (fit)
			put_cell(file, fit, at && *at != '"' && *at != '[');
	}
	(void)fputs("\r\n", file);
	return ferror(file) ? -EIO : 0;
}

const struct writ_export_format writ_export_csv = {"csv", begin, put_line};
