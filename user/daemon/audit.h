/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The child `writ-audit`, which alone reads the ring and writes the log: what it is given, what it
 * says, and how far it is. While it is dead, records wait in the ring.
 */
#ifndef WRIT_DAEMON_AUDIT_H
#define WRIT_DAEMON_AUDIT_H

#include "daemon/child.h"
#include "kernel/positions.h"
#include "writ/audit.h"

#define WRIT_AUDIT_USER "writ-audit"
#define WRIT_AUDIT_PROGRAM "writ-audit" /* beside writd's own */

extern const struct writ_child_kind writ_audit_kind;

#define WRIT_AUDIT_NONE                                           \
	{                                                         \
		.child = {.kind = &writ_audit_kind, .pidfd = -1}, \
		.channel = -1, .page_fd = -1, .infos = -1, .counters = -1 \
	}

/* WRIT_AUDIT_NONE before it is opened. */
struct writ_audit_child {
	struct writ_child child;
	int channel; /* in the event loop, tagged with its address; -1: none */
	int page_fd;
	const struct writ_audit_page *page; /* NULL: not open */
	int infos;			    /* read-only descriptors */
	int counters;
	struct writ_positions positions;
};

/*
 * Makes directory and files of the log the user's, and starts it. -errno, logged: there is no such
 * user, or the log can't be where it is to be. If it does not start, it is tried again.
 */
int writ_audit_open(struct writ_daemon *daemon);

/*
 * Waits, @ms at most, until what is in the ring now is in the log, and starts it again meanwhile if
 * that is due. -ETIMEDOUT: it is not there yet.
 */
int writ_audit_catch_up(struct writ_daemon *daemon, int ms);

/* At start: likewise, and until it has said that it works. Logs what keeps it. */
void writ_audit_await(struct writ_daemon *daemon);

/* Another policy is in force: it looks there for what a denied agent may ask for. */
void writ_audit_policy(const struct writ_daemon *daemon);

/* Its channel is readable: copies of records, for writ why and for shared identities. */
void writ_audit_hear(struct writ_daemon *daemon);

/* Its pidfd is readable. */
void writ_audit_reap(struct writ_daemon *daemon);

/* At each tick: starts it when it is time, and lifts the hold. */
void writ_audit_tick(struct writ_daemon *daemon);

/* Lets it put away what there is, and ends it for good. */
void writ_audit_close(struct writ_daemon *daemon);

#endif
