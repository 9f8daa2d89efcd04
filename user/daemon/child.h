/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process that writd starts and starts again: a program beside writd's own, as a user of its own
 * before its first instruction, with the descriptors that it is given and no others, without a way
 * to more rights. It dies with writd. Whatever it does, enforcement goes on.
 */
#ifndef WRIT_DAEMON_CHILD_H
#define WRIT_DAEMON_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "daemon/supervise.h"
#include "writ/note.h"

#define WRIT_CHILD_FD_FIRST 3 /* its first descriptor behind the standard ones */
#define WRIT_CHILD_FDS_MAX 16u

struct writ_child_kind {
	const char *what;    /* in messages */
	const char *program; /* beside writd's own */
	const char *user;
	const char *group; /* a further one of its process; NULL: none */
	bool holds;	   /* nothing is issued while it fails */
	enum writ_daemon_event died, failing, recovered;
};

struct writ_child {
	const struct writ_child_kind *kind;
	struct writ_supervision supervision;
	int pidfd; /* in the event loop, tagged with the child's address; -1: it does not run */
	pid_t pid; /* 0: it does not run */
	uint32_t landlock; /* ABI of the domain that it was started in, 0: none */
};

struct writ_daemon;

/* Where a program beside writd's own is; @size bytes. -errno, not logged. */
int writ_child_program(const char *program, char *ret_path, size_t size);

/* -ENOENT, logged with how to make it: there is no such user or group, or it is root. */
int writ_child_user(const struct writ_child_kind *kind, uid_t *ret_uid, gid_t *ret_gid);

/*
 * Starts it with @argv; the @n descriptors of @fds become 3, 4 and so on. What keeps it from
 * starting is logged, and returned; writ_child_failed() is then the caller's to call.
 */
int writ_child_start(struct writ_daemon *daemon, struct writ_child *child, char *const *argv,
		     const int *fds, size_t n);

/* It has died, or did not start: again after a while, and with an alarm if that goes on. */
void writ_child_failed(struct writ_daemon *daemon, struct writ_child *child, const char *detail);

/* Its pidfd is readable. True: it has died, which is on record; what belonged to it can go. */
bool writ_child_reap(struct writ_daemon *daemon, struct writ_child *child);

/* At each tick: lifts the hold. True: it is time to start it. */
bool writ_child_tick(struct writ_daemon *daemon, struct writ_child *child);

/* Waits for its end, @ms at most, then makes it end. The caller has asked it to. */
void writ_child_end(struct writ_daemon *daemon, struct writ_child *child, int ms);

/* The child because of which nothing is issued now, NULL: none. */
const struct writ_child *writ_child_held(const struct writ_daemon *daemon);

#endif
