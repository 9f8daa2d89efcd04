/* SPDX-License-Identifier: Apache-2.0 */
/* See sinks.h. All of it is writ-forward's own word; who prints it escapes it. */
#include "cli/sinks.h"

#include <stdio.h>

static const char *const states[] = {
#define X(name, word) [WRIT_SINK_STATE_##name] = (word),
	WRIT_SINK_STATE_LIST(X)
#undef X
};

static const char *state_of(const struct writ_sink_row *row)
{
	return row->state < WRIT_SINK_STATE_COUNT ? states[row->state] : "unknown";
}

/* ", N WHAT" if there were any. */
static size_t add(char *text, size_t size, size_t len, uint64_t n, const char *what)
{
	int more = n && len < size ? snprintf(text + len, size - len, ", %llu %s",
					(unsigned long long)n, what)
				   : 0;

	return len + (more > 0 ? (size_t)more : 0);
}

enum writ_colour writ_sinks_text(const struct writ_sink_row *row, char *ret_text, size_t size)
{
	const bool lost = row->lost_segments || row->skipped_lines;
	size_t len = (size_t)snprintf(ret_text, size, "%s (%s): %s, %llu lines sent", row->name,
				      row->type, state_of(row),
				      (unsigned long long)row->sent_lines);

	len = add(ret_text, size, len, row->behind_lines, "behind");
	len = add(ret_text, size, len, row->skipped_lines, "left out");
	len = add(ret_text, size, len, row->lost_segments, "segments removed unread");
	len = add(ret_text, size, len, row->retries, "retries");
	if (*row->error && len < size)
		(void)snprintf(ret_text + len, size - len, "; last error: %s", row->error);
	if (lost)
		return WRIT_COLOUR_RED;
	return row->state == WRIT_SINK_STATE_CONNECTING ? WRIT_COLOUR_YELLOW : WRIT_COLOUR_NONE;
}

static json_t *sink_json(const struct writ_sink_row *row)
{
	return json_pack("{s:o, s:o, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}",
			 "name", writ_output_string(row->name), "type",
			 writ_output_string(row->type), "state", state_of(row), "since",
			 (json_int_t)row->since, "sent_lines", (json_int_t)row->sent_lines,
			 "sent_bytes", (json_int_t)row->sent_bytes, "skipped_lines",
			 (json_int_t)row->skipped_lines, "skipped_bytes",
			 (json_int_t)row->skipped_bytes, "lost_segments",
			 (json_int_t)row->lost_segments, "retries", (json_int_t)row->retries,
			 "behind_lines", (json_int_t)row->behind_lines, "behind_bytes",
			 (json_int_t)row->behind_bytes, "error", writ_output_string(row->error));
}

json_t *writ_sinks_json(const struct writ_answer *answer)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < answer->count; i++)
		if (json_array_append_new(list, sink_json(&answer->rows[i].sink))) {
			json_decref(list);
			return NULL;
		}
	return list;
}
