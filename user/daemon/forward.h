/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The child `writ-forward`, which gives the log's lines to sinks, alerts and live subscribers. The
 * log is its queue: while it is dead nothing is lost and nothing else waits, so it holds nothing.
 */
#ifndef WRIT_DAEMON_FORWARD_H
#define WRIT_DAEMON_FORWARD_H

#include "daemon/audit.h"
#include "daemon/child.h"
#include "forward/page.h"
#include "writ/control.h"

#define WRIT_FORWARD_USER "writ-forward"
#define WRIT_FORWARD_PROGRAM "writ-forward" /* beside writd's own */
#define WRIT_CURSORS_DIR "/var/lib/writ-forward"

extern const struct writ_child_kind writ_forward_kind;

#define WRIT_FORWARD_NONE                                           \
	{                                                           \
		.child = {.kind = &writ_forward_kind, .pidfd = -1}, \
		.page_fd = -1, .live = -1                           \
	}

/* WRIT_FORWARD_NONE before it is opened. */
struct writ_forward_child {
	struct writ_child child;
	int page_fd;
	const struct writ_forward_page *page; /* NULL: not open; its writer is not believed */
	int live;	/* the listening socket, which outlives each of its processes; -1: none */
	bool installed; /* the program is there; else it is looked for with each policy */
	char *asked;	/* sinks and alerts of the policy in force, as a text; NULL: none yet */
};

/*
 * Makes the socket for subscribers and starts it, by the policy in force. -errno, logged: there is
 * no socket or no memory. If it does not start, it is tried again; without its program it is not.
 */
int writ_forward_open(struct writ_daemon *daemon);

/* Another policy is in force: it is told if sinks or alerts are others. */
void writ_forward_policy(struct writ_daemon *daemon);

/* Its pidfd is readable. */
void writ_forward_reap(struct writ_daemon *daemon);

/* At each tick: starts it when it is time. */
void writ_forward_tick(struct writ_daemon *daemon);

/* Each row of what it says of itself. Returns what @visit did, if that is not 0. */
int writ_forward_each(const struct writ_daemon *daemon,
		      int (*visit)(void *context, const struct writ_sink_row *row), void *context);

/* Lets it note where its sinks are, and ends it for good. After the log's writer. */
void writ_forward_close(struct writ_daemon *daemon);

/*
 * What writ-forward reads of @audit, as a text to compare: equal texts, equal meaning. NULL: no
 * memory. Freed by the caller.
 */
struct writ_policy_audit;
char *writ_forward_text(const struct writ_policy_audit *audit);

#endif
