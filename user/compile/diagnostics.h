/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors and warnings as values: compile/ never logs, it collects. One line each, with file, line
 * and column where there are any. The list keeps WRIT_DIAGNOSTICS_MAX and counts the rest.
 */
#ifndef WRIT_COMPILE_DIAGNOSTICS_H
#define WRIT_COMPILE_DIAGNOSTICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum writ_severity {
	WRIT_SEVERITY_ERROR,
	WRIT_SEVERITY_WARNING,
};

/* Where something stands in the policy. `file` NULL: nowhere (a request). Lines from 1. */
struct writ_position {
	const char *file;
	uint32_t line; /* 0: the file as a whole */
	uint32_t column;
};

struct writ_diagnostic {
	enum writ_severity severity;
	char *file; /* NULL: no position */
	uint32_t line;
	uint32_t column;
	uint32_t sequence; /* order of discovery, to keep sorting stable */
	char *text;	   /* one line, escaped for a terminal */
};

struct writ_diagnostics {
	struct writ_diagnostic *items;
	size_t count;
	size_t capacity;
	size_t errors;	 /* found, also those not kept */
	size_t warnings; /* found, also those not kept */
	size_t omitted;	 /* found and not kept: over the cap, or no memory */
};

/* An empty list; `struct writ_diagnostics d = {0}` does the same. */
void writ_diagnostics_init(struct writ_diagnostics *diags);

/* Leaves an empty list. Fit for _cleanup_(writ_diagnostics_free). */
void writ_diagnostics_free(struct writ_diagnostics *diags);

/*
 * Adds one. @at NULL or without file: no position. Returns -EINVAL for an error and 0 for a
 * warning, so that `return writ_diagnostics_add(...)` reads well.
 */
int writ_diagnostics_add(struct writ_diagnostics *diags, enum writ_severity severity,
			 const struct writ_position *at, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#define writ_diagnostics_error(diags, at, ...) \
	writ_diagnostics_add(diags, WRIT_SEVERITY_ERROR, at, __VA_ARGS__)
#define writ_diagnostics_warn(diags, at, ...) \
	writ_diagnostics_add(diags, WRIT_SEVERITY_WARNING, at, __VA_ARGS__)

/* Sorts by file, line and column. */
void writ_diagnostics_sort(struct writ_diagnostics *diags);

/*
 * The number of lines to print: one per kept item and one more, "and N more", when some were
 * omitted.
 */
size_t writ_diagnostics_lines(const struct writ_diagnostics *diags);

/*
 * Line @index without newline, cut at @size: "web.yaml:12:5: unknown key ...", and
 * "web.yaml:12:5: warning: ..." for a warning. Returns the length written.
 */
size_t writ_diagnostics_format(const struct writ_diagnostics *diags, size_t index, char *ret_text,
			       size_t size);

/* All errors (no warnings) in one line, joined by "; ", cut at @size. */
void writ_diagnostics_join(const struct writ_diagnostics *diags, char *ret_text, size_t size);

#endif
