/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole way of a record: decode, account for its number, make its line, hand it to the sink.
 * This is what the daemon calls from its ring callback. One thread.
 */
#ifndef WRIT_AUDIT_STREAM_H
#define WRIT_AUDIT_STREAM_H

#include "audit/counts.h"
#include "audit/lifecycle.h"
#include "audit/line.h"
#include "audit/sequence.h"
#include "trail/trail.h"

struct writ_stream;

/* records = written + dropped + canaries + skipped; missing is not among them. */
struct writ_stream_totals {
	uint64_t records;  /* taken from the ring and whole */
	uint64_t written;  /* became lines that the file took */
	uint64_t canaries; /* of agent WRIT_AGENT_CANARY: the core's proofs, never logged */
	uint64_t skipped;  /* of a type that this build does not know */
	uint64_t dropped;  /* lines of records that the file had no room for */
	int64_t missing;   /* lost before they got here */
	uint64_t bad;	   /* refused by the decoder */
	uint64_t remedies_left_out; /* denials whose line has no remedy for want of time */
};

/*
 * @resolver is the caller's, may change between calls, and must outlive the stream. @kept: see
 * writ_sequence_new(). @log: see writ_trail_open(), whose errors it gives. What an earlier writer
 * left there is a line each: of type log, or a gap.
 */
int writ_stream_open(const struct writ_trail_settings *log, const struct writ_resolver *resolver,
		     struct writ_accounts *kept, struct writ_stream **ret);
void writ_stream_close(struct writ_stream *stream);

static inline void writ_stream_closep(struct writ_stream **stream)
{
	writ_stream_close(*stream);
}

/* One ring record. Always 0 to the ring: a bad record is a gap line, not an error. */
int writ_stream_record(struct writ_stream *stream, const void *bytes, size_t len);

/* A CPU's cumulative `lost` from the counters map, about once a second. */
void writ_stream_poll(struct writ_stream *stream, uint32_t cpu, uint64_t lost, uint64_t boot_ns);

/* Records before @position of the ring were handed over: said before each commit of some. */
void writ_stream_taken(struct writ_stream *stream, uint64_t position);

/*
 * Writes all lines out and keeps the accounts: what was taken from the ring is now in the log. 0,
 * or the error that keeps lines waiting. Also about once a second.
 */
int writ_stream_commit(struct writ_stream *stream);

/* The log that it writes: the stream's, for what is no record. */
struct writ_trail *writ_stream_trail(struct writ_stream *stream);

/* A line of type log. */
void writ_stream_log(struct writ_stream *stream, enum writ_log_event event, const char *detail);

/* What was counted since it was published last: the caller publishes it after each commit. */
struct writ_counts *writ_stream_counts(struct writ_stream *stream);

void writ_stream_totals(const struct writ_stream *stream, struct writ_stream_totals *ret);

#endif
