/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Live subscribers: each connection to audit.sock gets the lines that it asked for, as they come,
 * from a place of its own in the log. Who may connect is the socket's mode. One that does not read
 * is left behind: it is told so, and dropped. None of them holds up anything.
 *
 * It may say what it wants in one line of JSON within WRIT_LIVE_ASK_MS; all members are optional:
 *
 *	{"from":"now" | "start", "after":CHAIN, "agent":TEXT, "grant":NUMBER, "verdict":TEXT,
 *	 "type":TEXT}
 *
 * Who begins now is told first behind which line that is. Who was cut off goes on `after` the line
 * that it got last, named by its chain; if the log has that line no more, it is told and gets all
 * that there is.
 */
#ifndef WRIT_FORWARD_LIVE_H
#define WRIT_FORWARD_LIVE_H

#include "forward/page.h"
#include "forward/sink.h"

#define WRIT_LIVE_MAX 64 /* connections; more are told so, and closed */
#define WRIT_LIVE_ASK_MS 1000
#define WRIT_LIVE_ASK_SIZE 4096u	  /* of the request; longer ones are refused */
#define WRIT_LIVE_STALL_MS 300000	  /* one that reads nothing for so long */
#define WRIT_LIVE_STALL_BYTES (64u << 20) /* or while the log grows so much is dropped */

struct writ_live;

/* @listener is a listening Unix stream socket, and stays the caller's. */
int writ_live_open(const struct writ_sink_common *common, int listener,
		   struct writ_forward_row *row, struct writ_live **ret);

/* How many there are now, about; 0 for NULL. */
size_t writ_live_count(const struct writ_live *live);

/* The listener is readable. */
void writ_live_accept(struct writ_live *live);

/* After the watch was stopped: waits for all of them to end. */
void writ_live_close(struct writ_live *live);

#endif
