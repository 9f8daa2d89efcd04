/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The child `writ-broker`: its listeners, which outlive it, its channel, and its lives. Whatever it
 * does, enforcement and the operators' verbs go on; without it no agent can ask for a grant.
 */
#ifndef WRIT_DAEMON_BROKER_H
#define WRIT_DAEMON_BROKER_H

#include <sys/types.h>

#include "daemon/supervise.h"

#define WRIT_BROKER_USER "writ"
#define WRIT_BROKER_PROGRAM "writ-broker" /* beside writd's own */

struct writ_daemon;
struct writ_client;

/* {.agents = -1, .operators = -1, .pidfd = -1} before it is opened. */
struct writ_broker_child {
	struct writ_supervision supervision;
	int agents; /* listeners */
	int operators;
	int pidfd; /* in the event loop; its address is the tag */
	pid_t pid;
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
