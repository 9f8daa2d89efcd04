/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The child `writ-broker`: its listeners, which outlive it, its channel, and its lives. Whatever it
 * does, enforcement and the operators' verbs go on; without it no agent can ask for a grant.
 */
#ifndef WRIT_DAEMON_BROKER_H
#define WRIT_DAEMON_BROKER_H

#include "daemon/child.h"

#define WRIT_BROKER_USER "writ"
#define WRIT_BROKER_PROGRAM "writ-broker" /* beside writd's own */

struct writ_daemon;
struct writ_client;

extern const struct writ_child_kind writ_broker_kind;

#define WRIT_BROKER_NONE                                       \
	{                                                      \
		.child = {.kind = &writ_broker_kind, .pidfd = -1}, \
		.agents = -1, .operators = -1                  \
	}

/* WRIT_BROKER_NONE before it is opened. */
struct writ_broker_child {
	struct writ_child child;
	int agents; /* listeners */
	int operators;
	struct writ_client *channel; /* NULL: it does not run */
};

/* Makes the listeners and starts it. -errno, logged, for the listeners alone. */
int writ_broker_open(struct writ_daemon *daemon);

/* Its pidfd is readable: it has died. */
void writ_broker_reap(struct writ_daemon *daemon);

/* Ends it for what it has done; it is started again as after any death. */
void writ_broker_kill(struct writ_daemon *daemon, const char *why);

/* At each tick: starts it when it is time, and lifts the hold. */
void writ_broker_tick(struct writ_daemon *daemon);

/* Ends it for good. */
void writ_broker_close(struct writ_daemon *daemon);

#endif
