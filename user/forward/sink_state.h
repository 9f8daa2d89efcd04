/* SPDX-License-Identifier: Apache-2.0 */
/* Inside a sink: sink.c is its thread and what it knows to be taken, sink_pump.c its lines. */
#ifndef WRIT_FORWARD_SINK_STATE_H
#define WRIT_FORWARD_SINK_STATE_H

#include <pthread.h>
#include <stdbool.h>

#include "forward/bytes.h"
#include "forward/follower.h"
#include "forward/out.h"
#include "forward/sink.h"

struct writ_sink {
	const struct writ_sink_common *common;
	const struct writ_policy_sink *policy;
	struct writ_forward_row *row;
	pthread_t thread;
	struct writ_follower *follower;
	struct writ_out out;
	bool open;
	bool has_place;
	struct writ_place taken; /* all before it was taken: what the cursor says */
	struct writ_place saved;
	struct writ_place mark; /* being asked for */
	bool marked;
	bool unmarked;	     /* lines were sent behind the mark */
	uint64_t sent_lines; /* since `taken`, in the same units as the row's */
	uint64_t sent_bytes;
	uint64_t mark_lines;
	uint64_t mark_bytes;
	uint64_t saved_ns;
	int delay_ms;
	pthread_mutex_t mutex; /* of `taken`, which the measuring thread reads */
	struct writ_bytes payload;
};

enum writ_sink_pumped {
	WRIT_SINK_MORE,	  /* there may be more lines */
	WRIT_SINK_ALL,	  /* that is all there is now */
	WRIT_SINK_NO_LOG, /* the log can't be read now: see *ret_trouble */
};

/* Gives some lines to the out. -errno: it failed; else enum writ_sink_pumped. */
int writ_sink_pump(struct writ_sink *sink, int *ret_trouble);

#endif
