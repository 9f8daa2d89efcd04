/* SPDX-License-Identifier: Apache-2.0 */
/* See metrics.h: what each sink, the alerts and the live subscribers were given. */
#include <stdbool.h>
#include <string.h>

#include "broker/metrics.h"

static const struct {
	const char *name, *type, *help;
	size_t offset;
} numbers[] = {
#define NUMBER(word, type, member, help) \
	{"writ_sink_" word, type, help, offsetof(struct writ_sink_row, member)}
	NUMBER("sent_lines_total", "counter", sent_lines,
	       "Lines of the log that this sink was given, since writ-forward started."),
	NUMBER("sent_bytes_total", "counter", sent_bytes, "Bytes of these lines."),
	NUMBER("left_out_lines_total", "counter", skipped_lines,
	       "Lines that this sink was not given, since it was behind or they are too long for "
	       "it."),
	NUMBER("left_out_bytes_total", "counter", skipped_bytes, "Bytes of these lines."),
	NUMBER("removed_segments_total", "counter", lost_segments,
	       "Segments of the log that were removed before this sink was given them."),
	NUMBER("retries_total", "counter", retries,
	       "How often this sink was tried again after an error."),
	NUMBER("behind_lines", "gauge", behind_lines,
	       "Lines that are in the log and not at this sink yet."),
	NUMBER("behind_bytes", "gauge", behind_bytes, "Bytes of these lines."),
#undef NUMBER
};

/* Names are writ-forward's word, and a series that is there twice makes readers refuse all. */
static bool is_named_before(const struct writ_sink_row *rows, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (!strcmp(rows[k].name, rows[i].name))
			return true;
	return false;
}

static uint64_t number(const struct writ_sink_row *row, size_t offset)
{
	uint64_t value;

	memcpy(&value, (const char *)row + offset, sizeof(value));
	return value;
}

static void put_sample(struct writ_exposition *out, const struct writ_sink_row *row, uint64_t value)
{
	writ_exposition_sample(out, "", WRIT_LABELS({"sink", row->name}, {"type", row->type}),
			       value);
}

void writ_metrics_sinks(const struct writ_sink_row *rows, size_t n, struct writ_exposition *out)
{
	for (size_t k = 0; k < sizeof(numbers) / sizeof(numbers[0]); k++) {
		writ_exposition_family(out, numbers[k].name, numbers[k].type, numbers[k].help);
		for (size_t i = 0; i < n; i++)
			if (!is_named_before(rows, i))
				put_sample(out, &rows[i], number(&rows[i], numbers[k].offset));
	}
	writ_exposition_family(out, "writ_sink_connecting", "gauge",
			       "1: this sink takes no lines now, and is tried again; 0: it does.");
	for (size_t i = 0; i < n; i++)
		if (!is_named_before(rows, i))
			put_sample(out, &rows[i], rows[i].state == WRIT_SINK_STATE_CONNECTING);
}
