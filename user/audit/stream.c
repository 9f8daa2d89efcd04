/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See stream.h. A gap that can't be written yet is kept as a sum for each reason and goes out
 * before the next line that finds room: missing records are never themselves missing.
 */
#include "audit/stream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/replay.h"
#include "lib/cleanup.h"
#include "lib/time.h"
#include "trail/lines.h"
#include "trail/seal.h"

struct writ_stream {
	struct writ_trail *trail;
	struct writ_sequence *sequence;
	struct writ_replay *replay;
	const struct writ_resolver *resolver;
	struct writ_stream_totals totals;
	struct writ_counts counts;
	int64_t owed[WRIT_GAP_COUNT]; /* missing, by reason, that no line says yet */
	bool owing;
	uint64_t begun; /* position of the ring at the first record that may come */
	uint64_t taken; /* up to which records were handed over */
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
	int err = writ_trail_put(stream->trail, line, len);

	if (!err)
		stream->counts.gaps[reason]++;
	return err;
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
	writ_counts_lost(&stream->counts, reason, missing);
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
	err = stream->owing ? -ENOBUFS : writ_trail_put(stream->trail, stream->line, len);
	if (err) {
		writ_counts_lost(&stream->counts, WRIT_GAP_WRITE_FAILED, 1);
		owe(stream, WRIT_GAP_WRITE_FAILED, 1);
	}
	return err;
}

void writ_stream_log(struct writ_stream *stream, enum writ_log_event event, const char *detail)
{
	(void)put_line(stream, writ_lifecycle_log(wall(stream, writ_time_boot()), event, detail,
						  stream->line));
}

/* What opening found, as lines. @known: the accounts are of this log, and no record was lost. */
static void say_found(struct writ_stream *stream, const struct writ_trail_found *found, bool known)
{
	char detail[WRIT_SEGMENT_PATH_SIZE + 64];

	if (found->key_made)
		writ_stream_log(stream, WRIT_LOG_KEY_MADE, NULL);
	if (found->key_lost)
		writ_stream_log(stream, WRIT_LOG_KEY_LOST,
				"the signing key was gone: a new one signs from here on");
	if (found->bad_spill) {
		writ_stream_log(stream, WRIT_LOG_SPILL_CHANGED, found->aside);
		return;
	}
	if (found->bad_line) {
		(void)snprintf(detail, sizeof(detail), "line %llu is not what was written; see %s",
			       (unsigned long long)found->bad_line, found->aside);
		writ_stream_log(stream, WRIT_LOG_CHANGED, detail);
	} else if (*found->aside) {
		(void)snprintf(detail, sizeof(detail), "it is not of the key; see %s",
			       found->aside);
		writ_stream_log(stream, WRIT_LOG_CHANGED, detail);
	}
	if (found->cut && !known)
		note_gap(stream, WRIT_GAP_TRUNCATED_LINE, WRIT_GAP_NO_CPU, 1, writ_time_boot());
}

/* Lines that are behind the last commit, of the open segment or of the one before it. */
struct tail {
	struct writ_stream *stream;
	uint64_t skip; /* lines of the segment that are accounted for */
	int err;
};

static void replay_line(void *context, const char *line, size_t len)
{
	struct tail *tail = context;
	struct writ_stream *stream = tail->stream;

	if (tail->skip)
		tail->skip--;
	else if (!tail->err)
		tail->err = writ_replay_line(stream->replay, stream->sequence, line, len);
}

/* The committed segment was closed since: what it has behind the commit comes first. */
static int replay_closed(struct tail *tail, const char *log, uint64_t segment)
{
	_cleanup_(writ_lines_closep) struct writ_lines *lines = NULL;
	char path[WRIT_SEGMENT_PATH_SIZE];
	const char *line;
	size_t len;
	int err = -ENOENT, more;

	for (int packed = 0; err == -ENOENT && packed < 2; packed++) {
		err = writ_segment_path(log, segment, packed, path);
		if (!err)
			err = writ_lines_open(path, &lines);
	}
	if (err)
		return err == -ENOENT ? 0 : err;
	while ((more = writ_lines_next(lines, &line, &len)) > 0)
		replay_line(tail, line, len);
	return more;
}

/* Which segment is open, before it is opened; WRIT_SEGMENT_OPEN: none. */
static uint64_t open_segment(const char *log)
{
	_cleanup_(writ_lines_closep) struct writ_lines *lines = NULL;
	struct writ_seal seal;
	const char *line;
	size_t len;

	if (writ_lines_open(log, &lines) || writ_lines_next(lines, &line, &len) <= 0 ||
	    writ_seal_read(line, len, &seal) || seal.type != WRIT_SEAL_SEGMENT)
		return WRIT_SEGMENT_OPEN;
	return seal.segment;
}

static int open_trail(struct writ_stream *stream, const struct writ_trail_settings *log,
		      struct writ_accounts *kept)
{
	struct tail tail = {.stream = stream, .skip = UINT64_MAX};
	struct writ_trail_found found = {0};
	struct writ_committed last = {0};
	bool known = writ_sequence_committed(kept, &last);
	int err = 0;

	stream->begun = stream->taken = last.consumed;
	if (known && open_segment(log->log) != last.segment) {
		tail.skip = last.lines;
		err = replay_closed(&tail, log->log, last.segment);
		tail.skip = 0;
	} else if (known) {
		tail.skip = last.lines;
	}
	if (!err)
		err = writ_trail_open(log, replay_line, &tail, &stream->trail, &found);
	if (!err)
		err = tail.err;
	if (!err)
		say_found(stream, &found, known);
	return err;
}

/* All lines, and gaps that found no room before. */
static int write_out(struct writ_stream *stream)
{
	int err = writ_trail_commit(stream->trail, writ_time_boot());

	if (stream->owing)
		pay(stream);
	if (!err)
		err = writ_trail_commit(stream->trail, writ_time_boot());
	return err;
}

int writ_stream_open(const struct writ_trail_settings *log, const struct writ_resolver *resolver,
		     struct writ_accounts *kept, struct writ_stream **ret)
{
	_cleanup_(writ_stream_closep) struct writ_stream *stream = calloc(1, sizeof(*stream));
	int err;

	if (!stream)
		return -ENOMEM;
	stream->resolver = resolver;
	err = writ_sequence_new(kept, &stream->sequence);
	if (!err)
		err = writ_replay_new(&stream->replay);
	if (!err)
		err = open_trail(stream, log, kept);
	if (err)
		return err;
	(void)write_out(stream);
	*ret = take_ptr(stream);
	return 0;
}

void writ_stream_close(struct writ_stream *stream)
{
	if (!stream)
		return;
	if (stream->trail)
		(void)writ_stream_commit(stream);
	writ_trail_close(stream->trail);
	writ_replay_free(stream->replay);
	writ_sequence_free(stream->sequence);
	free(stream);
}

struct writ_trail *writ_stream_trail(struct writ_stream *stream)
{
	return stream->trail;
}

struct writ_counts *writ_stream_counts(struct writ_stream *stream)
{
	return &stream->counts;
}

static void bad_record(struct writ_stream *stream)
{
	stream->totals.bad++;
	note_gap(stream, WRIT_GAP_BAD_RECORD, WRIT_GAP_NO_CPU, 0, writ_time_boot());
}

static void count_line(struct writ_stream *stream, const struct writ_event *event)
{
	stream->totals.written++;
	if (event->type == WRIT_EVENT_DECISION)
		writ_counts_decision(&stream->counts, event->verdict, event->operation,
				     event->reason);
}

static void format_record(struct writ_stream *stream, const struct writ_record *record)
{
	size_t len = writ_line_format(record, stream->resolver, stream->line);

	if (!len)
		len = writ_lifecycle_format(record, stream->resolver, stream->line);
	if (!len) {
		stream->totals.skipped++;
		note_gap(stream, WRIT_GAP_UNKNOWN_TYPE, record->event.cpu, 1,
			 record->event.boot_ns);
	} else if (put_line(stream, len)) {
		stream->totals.dropped++;
	} else {
		count_line(stream, &record->event);
	}
}

int writ_stream_record(struct writ_stream *stream, const void *bytes, size_t len)
{
	struct writ_record record;
	struct writ_gap gap;
	const struct writ_event *event = &record.event;
	int err = writ_decode_event(bytes, len, &record);

	if (!err && event->type == WRIT_EVENT_EXEC && stream->resolver->executed)
		stream->resolver->executed(stream->resolver->context, &record);
	if (!err && writ_replay_take(stream->replay, event->cpu, event->sequence)) {
		stream->totals.records++; /* the writer before this one wrote its line */
		count_line(stream, event);
		return 0;
	}
	if (err ||
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

void writ_stream_taken(struct writ_stream *stream, uint64_t position)
{
	stream->taken = position;
}

/*
 * The log may have lines of an earlier writer whose records are still to come: until then the
 * accounts that it left are the ones that fit to where it was in the ring.
 */
int writ_stream_commit(struct writ_stream *stream)
{
	struct writ_trail_at at;
	int err = write_out(stream);

	if (err || stream->owing)
		return err;
	if (stream->taken == stream->begun && writ_replay_waits(stream->replay))
		return 0;
	writ_trail_where(stream->trail, &at);
	writ_sequence_commit(stream->sequence, &(struct writ_committed){at.segment, at.lines,
									stream->taken});
	return 0;
}

void writ_stream_totals(const struct writ_stream *stream, struct writ_stream_totals *ret)
{
	const struct writ_resolver *resolver = stream->resolver;

	*ret = stream->totals;
	if (resolver->remedies_left_out)
		ret->remedies_left_out = resolver->remedies_left_out(resolver->context);
}
