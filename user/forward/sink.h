/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sink: a thread that reads the log from its cursor and gives each line to its out. The log is
 * its queue, so nothing waits for it and nothing that the log still has is lost, whatever happens
 * to the other side or to this process. A line may go out twice, when what became of it is unknown.
 */
#ifndef WRIT_FORWARD_SINK_H
#define WRIT_FORWARD_SINK_H

#include "compile/model.h"
#include "forward/meter.h"
#include "forward/page.h"
#include "forward/watch.h"

struct writ_sink;

/* What all sinks of a process have in common; must stay. */
struct writ_sink_common {
	const char *log;
	const char *state; /* directory of cursors */
	struct writ_watch *watch;
	struct writ_meter *meter;
};

/*
 * Starts the thread. @policy and @row must stay, @place is where it was (NULL: nowhere yet, it
 * begins with the oldest line). It ends when @common's watch is stopped.
 */
int writ_sink_start(const struct writ_sink_common *common, const struct writ_policy_sink *policy,
		    const struct writ_place *place, struct writ_forward_row *row,
		    struct writ_sink **ret);

/* Waits for its end, after the watch was stopped, and frees it. */
void writ_sink_join(struct writ_sink *sink);

/* Fills in how far behind it is; for the thread that has updated the meter. */
void writ_sink_measure(struct writ_sink *sink);

#endif
