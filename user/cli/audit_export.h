/* SPDX-License-Identifier: Apache-2.0 */
/* The formats of `writ audit export`. A new one is a row in the table of audit_export.c. */
#ifndef WRIT_CLI_AUDIT_EXPORT_H
#define WRIT_CLI_AUDIT_EXPORT_H

#include <stddef.h>
#include <stdio.h>

struct writ_export_format {
	const char *name;
	/* Before the first line; may be NULL. 0 or -errno, as does the next. */
	int (*begin)(FILE *file);
	/*
	 * One line of the log, with its newline, to @file. -EBADMSG: none of Writ's, left out and
	 * counted. What the format has no words for is left out by returning 0.
	 */
	int (*line)(FILE *file, const char *line, size_t len);
};

/* audit_csv.c: a heading, then the members as columns (RFC 4180). */
extern const struct writ_export_format writ_export_csv;

#endif
