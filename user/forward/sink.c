/* SPDX-License-Identifier: Apache-2.0 */
/* See sink.h. */
#include "forward/sink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "forward/cursor.h"
#include "forward/sink_state.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/time.h"

#define SAVE_NS WRIT_NS_PER_SECOND
#define IDLE_MS 1000
#define PENDING_MS 100 /* while it is not known what became of the last lines */
#define DELAY_MIN_MS 1000
#define DELAY_MAX_MS 60000

/* --- what goes wrong ------------------------------------------------------------------------- */

/* Back to what is known to be taken: what was sent since may have been lost. */
static int rewind_to_taken(struct writ_sink *sink)
{
	writ_follower_close(sink->follower);
	sink->follower = NULL;
	sink->marked = sink->unmarked = false;
	sink->sent_lines = sink->sent_bytes = 0;
	return writ_follower_open(sink->common->log, sink->has_place ? &sink->taken : NULL,
				  WRIT_FOLLOWER_OLDEST, &sink->follower);
}

static void close_out(struct writ_sink *sink)
{
	sink->out.kind->close(&sink->out);
	sink->open = false;
}

/* Says it once for each trouble, and waits longer each time. */
static void fail(struct writ_sink *sink, const char *what)
{
	if (sink->delay_ms == DELAY_MIN_MS)
		writ_warning("sink %s: %s; tried again", sink->policy->name, what);
	writ_page_error(sink->row, what);
	writ_page_state(sink->row, WRIT_FORWARD_CONNECTING);
	writ_page_add(&sink->row->retries, 1);
	close_out(sink);
	(void)writ_watch_sleep(sink->common->watch, sink->delay_ms);
	sink->delay_ms = 2 * sink->delay_ms > DELAY_MAX_MS ? DELAY_MAX_MS : 2 * sink->delay_ms;
}

/* The log can't be read now: what was sent is sent, and the other side has no part in it. */
static void fail_log(struct writ_sink *sink, int err)
{
	char what[WRIT_OUT_ERROR_SIZE];

	(void)snprintf(what, sizeof(what), "read %.100s: %s", sink->common->log, strerror(-err));
	if (writ_page_get(&sink->row->state) != WRIT_FORWARD_CONNECTING)
		writ_warning("sink %s: %s; tried again", sink->policy->name, what);
	writ_page_error(sink->row, what);
	writ_page_state(sink->row, WRIT_FORWARD_CONNECTING);
	(void)writ_watch_sleep(sink->common->watch, DELAY_MIN_MS);
}

/* --- what was taken --------------------------------------------------------------------- */

static void save(struct writ_sink *sink)
{
	int err;

	if (!sink->has_place || !memcmp(&sink->saved, &sink->taken, sizeof(sink->saved)))
		return;
	err = writ_cursor_save(sink->common->state, sink->policy->name, &sink->taken);
	if (err) {
		char what[WRIT_OUT_ERROR_SIZE];

		(void)snprintf(what, sizeof(what), "cursor in %.100s: %s", sink->common->state,
			       strerror(-err));
		writ_page_error(sink->row, what);
		writ_warning("sink %s: %s", sink->policy->name, what);
		return;
	}
	sink->saved = sink->taken;
}

static void take(struct writ_sink *sink, const struct writ_place *place, uint64_t lines,
		 uint64_t bytes)
{
	(void)pthread_mutex_lock(&sink->mutex);
	sink->taken = *place;
	sink->has_place = true;
	(void)pthread_mutex_unlock(&sink->mutex);
	writ_page_add(&sink->row->sent_lines, lines);
	writ_page_add(&sink->row->sent_bytes, bytes);
	sink->sent_lines -= lines;
	sink->sent_bytes -= bytes;
}

static void set_mark(struct writ_sink *sink)
{
	writ_follower_place(sink->follower, &sink->mark);
	sink->out.kind->mark(&sink->out);
	sink->mark_lines = sink->sent_lines;
	sink->mark_bytes = sink->sent_bytes;
	sink->marked = true;
	sink->unmarked = false;
}

/* Once a second, and when there is nothing else to do. */
static int settle(struct writ_sink *sink)
{
	const uint64_t now = writ_time_boot();
	int taken = 0, err;

	if (!sink->marked && sink->unmarked) {
		err = sink->out.kind->flush(&sink->out);
		if (err)
			return err;
		set_mark(sink);
	}
	if (sink->marked)
		taken = sink->out.kind->marked(&sink->out);
	if (taken < 0)
		return taken;
	if (taken) {
		take(sink, &sink->mark, sink->mark_lines, sink->mark_bytes);
		sink->marked = false;
		sink->delay_ms = DELAY_MIN_MS;
	}
	if (now - sink->saved_ns >= SAVE_NS) {
		save(sink);
		sink->saved_ns = now;
	}
	return 0;
}

/* --- the thread ------------------------------------------------------------------------- */

static int open_out(struct writ_sink *sink)
{
	int err = rewind_to_taken(sink);

	if (err) {
		fail_log(sink, err);
		return err;
	}
	sink->out.error[0] = '\0';
	err = sink->out.kind->open(&sink->out);
	if (err) {
		fail(sink, sink->out.error);
		return err;
	}
	sink->open = true;
	writ_page_state(sink->row, WRIT_FORWARD_SENDING);
	return 0;
}

static void turn(struct writ_sink *sink)
{
	const uint64_t seen = writ_watch_changes(sink->common->watch);
	int result, trouble = 0;

	if (!sink->open && open_out(sink))
		return;
	result = writ_sink_pump(sink, &trouble);
	if (result == WRIT_SINK_NO_LOG) {
		fail_log(sink, trouble);
		return;
	}
	if (result >= 0 &&
	    (result == WRIT_SINK_ALL || writ_time_boot() - sink->saved_ns >= SAVE_NS)) {
		int err = settle(sink);

		result = err ? err : result;
	}
	if (result < 0) {
		fail(sink, sink->out.error[0] ? sink->out.error : strerror(-result));
		return;
	}
	writ_page_state(sink->row, result ? WRIT_FORWARD_CURRENT : WRIT_FORWARD_SENDING);
	if (result == WRIT_SINK_ALL)
		writ_watch_wait(sink->common->watch, seen, sink->marked ? PENDING_MS : IDLE_MS);
}

/* What was sent and not yet known to be taken gets a last chance. */
static void finish(struct writ_sink *sink)
{
	struct writ_place place;

	if (sink->open && !sink->out.kind->flush(&sink->out) &&
	    sink->out.kind->finish(&sink->out) == 1) {
		writ_follower_place(sink->follower, &place);
		if (sink->sent_lines || sink->unmarked)
			take(sink, &place, sink->sent_lines, sink->sent_bytes);
	}
	close_out(sink);
	save(sink);
}

static void *run(void *argument)
{
	struct writ_sink *sink = argument;

	while (!writ_watch_stopped(sink->common->watch))
		turn(sink);
	finish(sink);
	return NULL;
}

int writ_sink_start(const struct writ_sink_common *common, const struct writ_policy_sink *policy,
		    const struct writ_place *place, struct writ_forward_row *row,
		    struct writ_sink **ret)
{
	struct writ_sink *sink = calloc(1, sizeof(*sink));
	int err;

	if (!sink)
		return -ENOMEM;
	sink->common = common;
	sink->policy = policy;
	sink->row = row;
	sink->delay_ms = DELAY_MIN_MS;
	if (place) {
		sink->taken = sink->saved = *place;
		sink->has_place = true;
	}
	(void)pthread_mutex_init(&sink->mutex, NULL);
	writ_out_init(&sink->out, policy, common->watch);
	err = pthread_create(&sink->thread, NULL, run, sink);
	if (err) {
		free(sink);
		return -err;
	}
	*ret = sink;
	return 0;
}

void writ_sink_join(struct writ_sink *sink)
{
	if (!sink)
		return;
	(void)pthread_join(sink->thread, NULL);
	(void)pthread_mutex_destroy(&sink->mutex);
	writ_follower_close(sink->follower);
	writ_bytes_free(&sink->payload);
	free(sink);
}

void writ_sink_measure(struct writ_sink *sink)
{
	uint64_t lines, bytes;
	struct writ_place place;

	(void)pthread_mutex_lock(&sink->mutex);
	place = sink->taken;
	(void)pthread_mutex_unlock(&sink->mutex);
	writ_meter_behind(sink->common->meter, &place, &lines, &bytes);
	writ_page_set(&sink->row->behind_lines, lines);
	writ_page_set(&sink->row->behind_bytes, bytes);
}
