/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wakes all readers when something in the log's directory changes: one inotify descriptor for the
 * process, however many there are. Without one (there may be too many on the host) readers look
 * every WRIT_WATCH_POLL_MS.
 */
#ifndef WRIT_FORWARD_WATCH_H
#define WRIT_FORWARD_WATCH_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define WRIT_WATCH_POLL_MS 200

struct writ_watch {
	int fd;	     /* to be polled for reading by whoever calls writ_watch_read(); -1: none */
	int stop_fd; /* readable for good once it stops */
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	uint64_t changes;
	bool stopped;
};

/* Watches the directory of @log. -errno; no inotify is no error. @ret must not be moved. */
int writ_watch_open(const char *log, struct writ_watch *ret);
void writ_watch_close(struct writ_watch *watch);

/* Takes what inotify has, and wakes all. */
void writ_watch_read(struct writ_watch *watch);

/* What writ_watch_wait() is to be called with: taken before one looks. */
uint64_t writ_watch_changes(struct writ_watch *watch);

/* Until there are other changes than @seen, until it stops, or for @ms. */
void writ_watch_wait(struct writ_watch *watch, uint64_t seen, int ms);

/* Ends all waiting, now and later. */
void writ_watch_stop(struct writ_watch *watch);
bool writ_watch_stopped(struct writ_watch *watch);

/* For @ms, or until it stops. True: it has stopped. */
bool writ_watch_sleep(const struct writ_watch *watch, int ms);

/* Polls @fd for @events, @ms at most. 0; -ETIMEDOUT; -ECANCELED: it stops; -errno. */
int writ_watch_poll(const struct writ_watch *watch, int fd, short events, int ms);

#endif
