/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How somebody is told of an alert. Each takes WRIT_TELL_MS at most, and fails with a reason that
 * can be shown.
 */
#ifndef WRIT_FORWARD_TELL_H
#define WRIT_FORWARD_TELL_H

#include <stddef.h>

#include "forward/watch.h"

#define WRIT_TELL_MS 10000
#define WRIT_TELL_ERROR_SIZE 200
#define WRIT_TELL_SYSLOG "/dev/log"

struct writ_tell {
	const struct writ_watch *watch; /* what ends it early */
	char error[WRIT_TELL_ERROR_SIZE];
};

/* To the system's log, authpriv and LOG_ALERT, by its socket @path. */
int writ_tell_syslog(struct writ_tell *tell, const char *path, const char *message);

/*
 * Runs @command (@n words, the first a path; no shell) with the message on standard input, its
 * output dropped. -ETIMEDOUT: it and what it started in its process group was killed; -ECHILD: it
 * failed.
 */
int writ_tell_command(struct writ_tell *tell, const char *const *command, size_t n,
		      const char *message);

/* Posts it as JSON. Follows no redirection, uses no proxy; an answer but 2xx is -EPROTO. */
int writ_tell_webhook(struct writ_tell *tell, const char *url, const char *message);

#endif
