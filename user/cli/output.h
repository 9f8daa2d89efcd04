/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people and programs read: aligned tables, colours on a terminal only, JSON with sorted
 * keys.
 */
#ifndef WRIT_CLI_OUTPUT_H
#define WRIT_CLI_OUTPUT_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

enum writ_colour {
	WRIT_COLOUR_NONE,
	WRIT_COLOUR_BOLD,
	WRIT_COLOUR_RED,
	WRIT_COLOUR_YELLOW,
	WRIT_COLOUR_GREEN,
};

/* The escape sequence, or "" when standard output is no terminal or NO_COLOR is set. */
const char *writ_output_colour(enum writ_colour colour);

/* Ends a coloured text. */
const char *writ_output_plain(void);

/*
 * Text from outside, fit for a terminal: control bytes and bad UTF-8 as \xNN. Backslashes stay:
 * such text may have been through lib/escape.h before. Returns @ret_text, cut at @size.
 */
const char *writ_output_text(const char *text, char *ret_text, size_t size);

/* The columns that @text (valid UTF-8) takes, as far as one per character is right. */
size_t writ_output_width(const char *text);

#define WRIT_TABLE_COLUMNS 8

/* Cells are copied. Columns are as wide as their widest cell; the last one is not padded. */
struct writ_table {
	size_t n_columns;
	size_t n_rows;
	size_t capacity;
	char **cells; /* n_rows * n_columns */
};

/* Adds a row of @table->n_columns cells; the first row is the heading. 0 or -ENOMEM. */
int writ_output_row(struct writ_table *table, const char *const *cells);

void writ_output_table(const struct writ_table *table);
void writ_output_release(struct writ_table *table);

#define _cleanup_table_ __attribute__((cleanup(writ_output_release)))

/* A string for JSON output; bytes that aren't valid UTF-8 as \xNN. NULL when out of memory. */
json_t *writ_output_string(const char *text);

/* Boot time @boot_ns as "2026-11-22T10:11:12.345678Z". */
json_t *writ_output_moment(uint64_t boot_ns);

/* Prints @json and releases it (NULL: out of memory). Returns an exit code. */
int writ_output_json(json_t *json);

static inline void writ_json_decrefp(json_t **json)
{
	json_decref(*json);
}

#define _cleanup_json_ __attribute__((cleanup(writ_json_decrefp)))

#endif
