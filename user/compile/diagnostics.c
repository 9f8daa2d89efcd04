/* SPDX-License-Identifier: Apache-2.0 */
/* See diagnostics.h. Text is escaped when it is added, so that a name can't forge a line. */
#include "compile/diagnostics.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile/arena.h"
#include "lib/cleanup.h"
#include "lib/escape.h"
#include "writ/abi.h"

#define MESSAGE_SIZE 1024 /* longer than any message whose quoted parts are cut at 64 bytes */

void writ_diagnostics_init(struct writ_diagnostics *diags)
{
	*diags = (struct writ_diagnostics){0};
}

void writ_diagnostics_free(struct writ_diagnostics *diags)
{
	for (size_t i = 0; i < diags->count; i++) {
		free(diags->items[i].file);
		free(diags->items[i].text);
	}
	free(diags->items);
	writ_diagnostics_init(diags);
}

static int keep(struct writ_diagnostics *diags, enum writ_severity severity,
		const struct writ_position *at, const char *message)
{
	char escaped[WRIT_ESCAPE_SIZE(MESSAGE_SIZE)];
	_cleanup_free_ char *file = at && at->file ? strdup(at->file) : NULL;
	_cleanup_free_ char *text = NULL;

	writ_escape_text(message, strlen(message), escaped, sizeof(escaped));
	text = strdup(escaped);
	if (!text || (at && at->file && !file))
		return -ENOMEM;
	if (writ_array_reserve(&diags->items, &diags->capacity, diags->count + 1,
			       sizeof(*diags->items)))
		return -ENOMEM;
	diags->items[diags->count] = (struct writ_diagnostic){
		.severity = severity,
		.line = at ? at->line : 0,
		.column = at ? at->column : 0,
		.sequence = (uint32_t)diags->count,
		.file = take_ptr(file),
		.text = take_ptr(text),
	};
	diags->count++;
	return 0;
}

int writ_diagnostics_add(struct writ_diagnostics *diags, enum writ_severity severity,
			 const struct writ_position *at, const char *format, ...)
{
	char message[MESSAGE_SIZE];
	va_list args;

	if (severity == WRIT_SEVERITY_ERROR)
		diags->errors++;
	else
		diags->warnings++;
	if (diags->count >= WRIT_DIAGNOSTICS_MAX) {
		diags->omitted++;
	} else {
		va_start(args, format);
		(void)vsnprintf(message, sizeof(message), format, args);
		va_end(args);
		if (keep(diags, severity, at, message))
			diags->omitted++;
	}
	return severity == WRIT_SEVERITY_ERROR ? -EINVAL : 0;
}

static int compare(const void *left, const void *right)
{
	const struct writ_diagnostic *a = left, *b = right;
	int order = strcmp(a->file ? a->file : "", b->file ? b->file : "");

	if (order)
		return order;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	if (a->column != b->column)
		return a->column < b->column ? -1 : 1;
	return a->sequence < b->sequence ? -1 : a->sequence > b->sequence;
}

void writ_diagnostics_sort(struct writ_diagnostics *diags)
{
	if (diags->count)
		qsort(diags->items, diags->count, sizeof(*diags->items), compare);
}

size_t writ_diagnostics_lines(const struct writ_diagnostics *diags)
{
	return diags->count + (diags->omitted ? 1 : 0);
}

size_t writ_diagnostics_format(const struct writ_diagnostics *diags, size_t index, char *ret_text,
			       size_t size)
{
	const struct writ_diagnostic *item = diags->items + index;
	const char *word;
	int len;

	if (index >= diags->count) {
		len = snprintf(ret_text, size, "and %zu more", diags->omitted);
		return len < 0 ? 0 : (size_t)len < size ? (size_t)len : size - 1;
	}
	word = item->severity == WRIT_SEVERITY_WARNING ? "warning: " : "";
	if (!item->file)
		len = snprintf(ret_text, size, "%s%s", word, item->text);
	else if (!item->line)
		len = snprintf(ret_text, size, "%s: %s%s", item->file, word, item->text);
	else
		len = snprintf(ret_text, size, "%s:%u:%u: %s%s", item->file, item->line,
			       item->column, word, item->text);
	return len < 0 ? 0 : (size_t)len < size ? (size_t)len : size - 1;
}

void writ_diagnostics_join(const struct writ_diagnostics *diags, char *ret_text, size_t size)
{
	size_t used = 0;

	ret_text[0] = '\0';
	for (size_t i = 0; i < diags->count && used + 3 < size; i++) {
		if (diags->items[i].severity != WRIT_SEVERITY_ERROR)
			continue;
		if (used)
			used += (size_t)snprintf(ret_text + used, size - used, "; ");
		used += writ_diagnostics_format(diags, i, ret_text + used, size - used);
	}
}
