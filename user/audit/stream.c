/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See stream.h. A gap that can't be written yet is kept as a sum for each reason and goes out
 * before the next line that finds room: missing records are never themselves missing.
 */
#include "audit/stream.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/cleanup.h"
#include "lib/time.h"

struct writ_stream {
	struct writ_file *file;
	struct writ_sequence *sequence;
	const struct writ_resolver *resolver;
	struct writ_stream_totals totals;
	int64_t owed[WRIT_GAP_COUNT]; /* missing, by reason, that no line says yet */
	bool owing;
	char line[WRIT_LINE_SIZE];
};

static int64_t wall(const struct writ_stream *stream, uint64_t boot_ns)
{
	return (int64_t)boot_ns + stream->resolver->wall_offset;
}

static int put_gap(struct writ_stream *stream, enum writ_gap_reason reason, uint32_t cpu,
		   int64_t missing, uint64_t boot_ns)
{
	char line[WRIT_GAP_SIZE];
	size_t len = writ_lifecycle_gap(wall(stream, boot_ns), reason, cpu, missing, line);

	return writ_file_put(stream->file, line, len);
}

static void pay(struct writ_stream *stream)
{
	stream->owing = false;
	for (int reason = 0; reason < WRIT_GAP_COUNT; reason++) {
		int64_t missing = stream->owed[reason];

		if (!missing)
			continue;
		if (put_gap(stream, reason, WRIT_GAP_NO_CPU, missing, writ_time_boot()))
			stream->owing = true;
		else
			stream->owed[reason] = 0;
	}
}

static void owe(struct writ_stream *stream, enum writ_gap_reason reason, int64_t missing)
{
	stream->owed[reason] += missing;
	stream->owing = true;
}

static void note_gap(struct writ_stream *stream, enum writ_gap_reason reason, uint32_t cpu,
		     int64_t missing, uint64_t boot_ns)
{
	if (stream->owing)
		pay(stream);
	if (stream->owing || put_gap(stream, reason, cpu, missing, boot_ns))
		owe(stream, reason, missing);
}

static void note_gaps(struct writ_stream *stream, const struct writ_gap *gap, uint64_t boot_ns)
{
	stream->totals.missing += gap->ring_full + gap->unaccounted - gap->late;
	if (gap->ring_full)
		note_gap(stream, WRIT_GAP_RING_FULL, gap->cpu, gap->ring_full, boot_ns);
	if (gap->unaccounted)
		note_gap(stream, WRIT_GAP_UNACCOUNTED, gap->cpu, gap->unaccounted, boot_ns);
	if (gap->late)
		note_gap(stream, WRIT_GAP_LATE, gap->cpu, -gap->late, boot_ns);
}

static int put_line(struct writ_stream *stream, size_t len)
{
	int err;

	if (stream->owing)
		pay(stream);
	err = stream->owing ? -ENOBUFS : writ_file_put(stream->file, stream->line, len);
	if (err)
		owe(stream, WRIT_GAP_WRITE_FAILED, 1);
	return err;
}

static void note_cut(struct writ_stream *stream)
{
	uint64_t cut = writ_file_take_cut(stream->file);

	if (cut)
		note_gap(stream, WRIT_GAP_TRUNCATED_LINE, WRIT_GAP_NO_CPU, (int64_t)cut,
			 writ_time_boot());
}

int writ_stream_open(const char *path, const struct writ_resolver *resolver,
		     struct writ_account *kept, struct writ_stream **ret)
{
	_cleanup_(writ_stream_closep) struct writ_stream *stream = calloc(1, sizeof(*stream));
	int err;

	if (!stream)
		return -ENOMEM;
	stream->resolver = resolver;
	err = writ_sequence_new(kept, &stream->sequence);
	if (err)
		return err;
	err = writ_file_open(path, &stream->file);
	if (err)
		return err;
	note_cut(stream);
	*ret = take_ptr(stream);
	return 0;
}

void writ_stream_close(struct writ_stream *stream)
{
	if (!stream)
		return;
	if (stream->file)
		(void)writ_stream_commit(stream);
	writ_file_close(stream->file);
	writ_sequence_free(stream->sequence);
	free(stream);
}

static void bad_record(struct writ_stream *stream)
{
	stream->totals.bad++;
	note_gap(stream, WRIT_GAP_BAD_RECORD, WRIT_GAP_NO_CPU, 0, writ_time_boot());
}

static void format_record(struct writ_stream *stream, const struct writ_record *record)
{
	size_t len = writ_line_format(record, stream->resolver, stream->line);

	if (!len) {
		stream->totals.skipped++;
		note_gap(stream, WRIT_GAP_UNKNOWN_TYPE, record->event.cpu, 1,
			 record->event.boot_ns);
	} else if (put_line(stream, len)) {
		stream->totals.dropped++;
	} else {
		stream->totals.written++;
	}
}

int writ_stream_record(struct writ_stream *stream, const void *bytes, size_t len)
{
	struct writ_record record;
	struct writ_gap gap;
	const struct writ_event *event = &record.event;

	if (writ_decode_event(bytes, len, &record) ||
	    writ_sequence_note(stream->sequence, event->cpu, event->sequence, event->lost,
			       event->boot_ns, &gap)) {
		bad_record(stream);
		return 0;
	}
	stream->totals.records++;
	note_gaps(stream, &gap, event->boot_ns);
	if (event->agent == WRIT_AGENT_CANARY)
		stream->totals.canaries++;
	else
		format_record(stream, &record);
	return 0;
}

void writ_stream_poll(struct writ_stream *stream, uint32_t cpu, uint64_t lost, uint64_t boot_ns)
{
	struct writ_gap gap;

	if (!writ_sequence_poll(stream->sequence, cpu, lost, boot_ns, &gap))
		note_gaps(stream, &gap, boot_ns);
}

void writ_stream_grant(struct writ_stream *stream, enum writ_grant_event event,
		       const struct writ_grant_info *grant, const char *by)
{
	size_t len = writ_lifecycle_grant(stream->resolver, event, grant, by, writ_time_boot(),
					  stream->line);

	(void)put_line(stream, len);
}

void writ_stream_proposal(struct writ_stream *stream, enum writ_proposal_event event,
			  const struct writ_proposal_row *row, const struct writ_context *context,
			  const char *by)
{
	size_t len = writ_lifecycle_proposal(stream->resolver, event, row, context, by,
					     writ_time_boot(), stream->line);

	(void)put_line(stream, len);
}

void writ_stream_daemon(struct writ_stream *stream, enum writ_daemon_event event,
			uint64_t generation, const char *detail)
{
	size_t len = writ_lifecycle_daemon(stream->resolver, event, generation, detail,
					   writ_time_boot(), stream->line);

	(void)put_line(stream, len);
}

int writ_stream_commit(struct writ_stream *stream)
{
	int err = writ_file_flush(stream->file);

	note_cut(stream);
	if (stream->owing)
		pay(stream);
	if (!err)
		err = writ_file_flush(stream->file);
	if (!err && !stream->owing)
		writ_sequence_commit(stream->sequence);
	return err;
}

void writ_stream_totals(const struct writ_stream *stream, struct writ_stream_totals *ret)
{
	*ret = stream->totals;
}
