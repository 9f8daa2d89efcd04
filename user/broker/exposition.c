/* SPDX-License-Identifier: Apache-2.0 */
/* See exposition.h. */
#include "broker/exposition.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_SIZE 32 /* 20 digits; or 18, a point and 3; or 11, a point and 9 */

static void put(struct writ_exposition *out, const char *bytes, size_t len)
{
	size_t size = out->size ? out->size : 16384;
	char *text;

	if (out->err)
		return;
	while (size <= out->len + len)
		size *= 2;
	text = size == out->size ? out->text : realloc(out->text, size);
	if (!text) {
		out->err = -ENOMEM;
		return;
	}
	out->text = text;
	out->size = size;
	memcpy(text + out->len, bytes, len);
	out->len += len;
	text[out->len] = '\0';
}

static void put_text(struct writ_exposition *out, const char *text)
{
	put(out, text, strlen(text));
}

/* What would end the value, or the line. */
static void put_escaped(struct writ_exposition *out, const char *value)
{
	while (*value) {
		size_t plain = strcspn(value, "\\\"\n");

		put(out, value, plain);
		value += plain;
		if (*value)
			put_text(out, *value == '\n' ? "\\n" : *value == '"' ? "\\\"" : "\\\\");
		value += !!*value;
	}
}

static void put_labels(struct writ_exposition *out, const struct writ_exposition_label *labels)
{
	for (const struct writ_exposition_label *label = labels; label->name; label++) {
		put_text(out, label == labels ? "{" : ",");
		put_text(out, label->name);
		put_text(out, "=\"");
		put_escaped(out, label->value);
		put_text(out, "\"");
	}
	if (labels->name)
		put_text(out, "}");
}

void writ_exposition_family(struct writ_exposition *out, const char *name, const char *type,
			    const char *help)
{
	out->family = name;
	put_text(out, "# HELP ");
	put_text(out, name);
	put_text(out, " ");
	put_text(out, help);
	put_text(out, "\n# TYPE ");
	put_text(out, name);
	put_text(out, " ");
	put_text(out, type);
	put_text(out, "\n");
}

static void put_sample(struct writ_exposition *out, const char *suffix,
		       const struct writ_exposition_label *labels, const char *number)
{
	put_text(out, out->family);
	put_text(out, suffix);
	put_labels(out, labels);
	put_text(out, " ");
	put_text(out, number);
	put_text(out, "\n");
}

void writ_exposition_sample(struct writ_exposition *out, const char *suffix,
			    const struct writ_exposition_label *labels, uint64_t value)
{
	char number[NUMBER_SIZE];

	(void)snprintf(number, sizeof(number), "%" PRIu64, value);
	put_sample(out, suffix, labels, number);
}

void writ_exposition_ns(struct writ_exposition *out, const char *suffix,
			const struct writ_exposition_label *labels, uint64_t ns)
{
	char number[NUMBER_SIZE];

	(void)snprintf(number, sizeof(number), "%" PRIu64 ".%09" PRIu64, ns / 1000000000,
		       ns % 1000000000);
	put_sample(out, suffix, labels, number);
}

void writ_exposition_ms(struct writ_exposition *out, const char *suffix,
			const struct writ_exposition_label *labels, uint64_t ms)
{
	char number[NUMBER_SIZE];

	(void)snprintf(number, sizeof(number), "%" PRIu64 ".%03" PRIu64, ms / 1000, ms % 1000);
	put_sample(out, suffix, labels, number);
}

void writ_exposition_counter(struct writ_exposition *out, const char *name, const char *help,
			     uint64_t value)
{
	writ_exposition_family(out, name, "counter", help);
	writ_exposition_sample(out, "", WRIT_LABELS_NONE, value);
}

void writ_exposition_gauge(struct writ_exposition *out, const char *name, const char *help,
			   uint64_t value)
{
	writ_exposition_family(out, name, "gauge", help);
	writ_exposition_sample(out, "", WRIT_LABELS_NONE, value);
}

void writ_exposition_free(struct writ_exposition *out)
{
	free(out->text);
	*out = (struct writ_exposition){0};
}
