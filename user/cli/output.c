/* SPDX-License-Identifier: Apache-2.0 */
/* See output.h. */
#include "cli/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "lib/escape.h"
#include "lib/time.h"

static int has_colours(void)
{
	const char *none = getenv("NO_COLOR"), *terminal = getenv("TERM");

	if (none && *none)
		return 0;
	return terminal && strcmp(terminal, "dumb") && isatty(STDOUT_FILENO);
}

const char *writ_output_colour(enum writ_colour colour)
{
	static const char *const sequences[] = {
		[WRIT_COLOUR_NONE] = "",	  [WRIT_COLOUR_BOLD] = "\x1b[1m",
		[WRIT_COLOUR_RED] = "\x1b[31m",	  [WRIT_COLOUR_YELLOW] = "\x1b[33m",
		[WRIT_COLOUR_GREEN] = "\x1b[32m",
	};

	return has_colours() ? sequences[colour] : "";
}

const char *writ_output_plain(void)
{
	return has_colours() ? "\x1b[0m" : "";
}

const char *writ_output_text(const char *text, char *ret_text, size_t size)
{
	size_t out = 0;

	ret_text[0] = '\0';
	while (*text && out + 1 < size) {
		size_t run = strcspn(text, "\\");

		out += writ_escape_text(text, run, ret_text + out, size - out);
		text += run;
		if (*text != '\\' || out + 1 >= size)
			continue;
		ret_text[out++] = *text++;
		ret_text[out] = '\0';
	}
	return ret_text;
}

size_t writ_output_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += (*text & 0xc0) != 0x80;
	return width;
}

static int grow(struct writ_table *table)
{
	size_t capacity = table->capacity ? 2 * table->capacity : 16;
	char **cells = reallocarray(table->cells, capacity * table->n_columns, sizeof(*cells));

	if (!cells)
		return -ENOMEM;
	table->cells = cells;
	table->capacity = capacity;
	return 0;
}

int writ_output_row(struct writ_table *table, const char *const *cells)
{
	char **row;

	if (table->n_rows == table->capacity && grow(table))
		return -ENOMEM;
	row = table->cells + table->n_rows * table->n_columns;
	memset(row, 0, table->n_columns * sizeof(*row));
	table->n_rows++;
	for (size_t i = 0; i < table->n_columns; i++) {
		char text[2048];

		row[i] = strdup(writ_output_text(cells[i], text, sizeof(text)));
		if (!row[i])
			return -ENOMEM;
	}
	return 0;
}

static void print_row(const struct writ_table *table, size_t row, const size_t *widths)
{
	for (size_t i = 0; i < table->n_columns; i++) {
		const char *cell = table->cells[row * table->n_columns + i];
		size_t pad = i + 1 < table->n_columns ? widths[i] - writ_output_width(cell) + 2 : 0;

		(void)printf("%s%*s", cell, (int)pad, "");
	}
}

void writ_output_table(const struct writ_table *table)
{
	size_t widths[WRIT_TABLE_COLUMNS] = {0};

	for (size_t i = 0; i < table->n_rows * table->n_columns; i++) {
		size_t width = writ_output_width(table->cells[i]);

		if (width > widths[i % table->n_columns])
			widths[i % table->n_columns] = width;
	}
	for (size_t row = 0; row < table->n_rows; row++) {
		(void)printf("%s", row ? "" : writ_output_colour(WRIT_COLOUR_BOLD));
		print_row(table, row, widths);
		(void)printf("%s\n", row ? "" : writ_output_plain());
	}
}

void writ_output_release(struct writ_table *table)
{
	for (size_t i = 0; i < table->n_rows * table->n_columns; i++)
		free(table->cells[i]);
	free(table->cells);
	*table = (struct writ_table){0};
}

json_t *writ_output_string(const char *text)
{
	char escaped[WRIT_ESCAPE_SIZE(1024)];
	json_t *string = json_string(text);

	if (string)
		return string;
	return json_string(writ_output_text(text, escaped, sizeof(escaped)));
}

json_t *writ_output_moment(uint64_t boot_ns)
{
	char stamp[WRIT_TIME_STAMP_SIZE];

	writ_time_stamp((int64_t)boot_ns + writ_time_offset(), stamp, sizeof(stamp));
	return json_string(stamp);
}

int writ_output_json(json_t *json)
{
	_cleanup_json_ json_t *owned = json;

	/* ASCII alone: JSON may hold the control signs of C1 as they are */
	if (!owned ||
	    json_dumpf(owned, stdout, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_ENSURE_ASCII) ||
	    putchar('\n') == EOF) {
		(void)fprintf(stderr, "writ: out of memory, or standard output failed\n");
		return WRIT_EXIT_FAILED;
	}
	return WRIT_EXIT_OK;
}
