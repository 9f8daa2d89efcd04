/* SPDX-License-Identifier: Apache-2.0 */
/* See sink_state.h: lines from the log to the out, in the sink's format. */
#include <errno.h>
#include <string.h>

#include "forward/note.h"
#include "forward/ocsf.h"
#include "forward/sink_state.h"
#include "lib/escape.h"
#include "lib/log.h"
#include "trail/lines.h"

#define BATCH 256 /* lines between two looks at the clock */

/* As the sink's format has it. A line that is no JSON goes out escaped: it is somebody's doing. */
static int format(struct writ_sink *sink, const struct writ_record *record, const char **ret,
		  size_t *ret_len)
{
	char escaped[WRIT_ESCAPE_SIZE(WRIT_LINES_MAX)];
	int err;

	*ret = record->line;
	*ret_len = record->len;
	if (record->json && sink->policy->format == WRIT_FORMAT_NATIVE)
		return 0;
	sink->payload.len = 0;
	if (sink->policy->format == WRIT_FORMAT_OCSF)
		err = writ_ocsf_write(record, sink->out.host, &sink->payload);
	else
		err = writ_bytes_add(
			&sink->payload, escaped,
			writ_escape_text(record->line, record->len, escaped, sizeof(escaped)));
	*ret = sink->payload.at;
	*ret_len = sink->payload.len;
	return err;
}

static int give(struct writ_sink *sink, const char *line, size_t len)
{
	struct writ_record record;
	const char *payload;
	size_t payload_len;
	int err;

	writ_record_read(line, len, &record);
	err = format(sink, &record, &payload, &payload_len);
	if (!err)
		err = sink->out.kind->send(&sink->out, &record, payload, payload_len);
	writ_record_free(&record);
	if (err == -EMSGSIZE) { /* it never will: on record, and on */
		writ_page_error(sink->row, "a line is longer than the other side takes: left out");
		writ_page_add(&sink->row->skipped_lines, 1);
		writ_page_add(&sink->row->skipped_bytes, len);
		return 0;
	}
	return err;
}

static int send_line(struct writ_sink *sink, const char *line, size_t len)
{
	int err = give(sink, line, len);

	if (err)
		return err;
	sink->unmarked = true;
	sink->sent_lines++;
	sink->sent_bytes += len;
	return 0;
}

/* What else the follower said, for the other side to know. */
static int send_note(struct writ_sink *sink, enum writ_followed said, int trouble)
{
	struct writ_followed_lost lost;
	struct writ_place place;
	char note[WRIT_NOTE_SIZE];
	size_t len = 0;

	writ_follower_place(sink->follower, &place);
	if (trouble == -EBADMSG) {
		len = writ_note_damaged(sink->policy->name, place.segment, note);
	} else if (said == WRIT_FOLLOWED_LOST) {
		writ_follower_lost(sink->follower, &lost);
		writ_page_add(&sink->row->lost_segments, lost.segments);
		len = writ_note_removed(sink->policy->name, lost.first, lost.last, note);
	} else {
		len = writ_note_again(sink->policy->name, note);
	}
	writ_warning("sink %s: %.*s", sink->policy->name, (int)len - 1, note);
	return give(sink, note, len);
}

/* Leaves out what is more than the backlog that policy wants to be kept. */
static int skip(struct writ_sink *sink)
{
	uint64_t behind_lines, behind, lines = 0, bytes = 0;
	enum writ_followed said = WRIT_FOLLOWED_LINE;
	struct writ_place place;
	char note[WRIT_NOTE_SIZE];
	const char *line;
	size_t len = 0;
	int err = 0;

	if (sink->policy->behind != WRIT_BEHIND_SKIP)
		return 0;
	writ_follower_place(sink->follower, &place);
	writ_meter_behind(sink->common->meter, &place, &behind_lines, &behind);
	while (!err && said != WRIT_FOLLOWED_END && behind > sink->policy->backlog + bytes) {
		err = writ_follower_next(sink->follower, &said, &line, &len);
		if (!err && said == WRIT_FOLLOWED_LOST)
			writ_page_add(&sink->row->lost_segments, 1);
		if (err || said != WRIT_FOLLOWED_LINE)
			continue;
		lines++;
		bytes += len;
	}
	if (!lines)
		return 0;
	writ_page_add(&sink->row->skipped_lines, lines);
	writ_page_add(&sink->row->skipped_bytes, bytes);
	len = writ_note_left_out("skipped", sink->policy->name, lines, bytes, note);
	writ_warning("sink %s: %.*s", sink->policy->name, (int)len - 1, note);
	sink->unmarked = true;
	return give(sink, note, len);
}

int writ_sink_pump(struct writ_sink *sink, int *ret_trouble)
{
	enum writ_followed said;
	const char *line;
	size_t len;
	int err = skip(sink);

	for (int i = 0; i < BATCH && !err; i++) {
		int trouble = writ_follower_next(sink->follower, &said, &line, &len);

		if (trouble && trouble != -EBADMSG) {
			*ret_trouble = trouble;
			return WRIT_SINK_NO_LOG;
		}
		if (!trouble && said == WRIT_FOLLOWED_END)
			return WRIT_SINK_ALL;
		if (trouble || said != WRIT_FOLLOWED_LINE)
			err = send_note(sink, said, trouble);
		else
			err = send_line(sink, line, len);
	}
	return err;
}
