/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a sink's messages go: one kind each for standard output, a Unix socket, TLS and Kafka. All
 * calls come from the sink's own thread and return within WRIT_OUT_TIMEOUT_MS, or at once when the
 * process stops.
 *
 * A message that was sent is not yet taken: it may wait in a buffer of ours, of the kernel's or of
 * the other side's kernel, and go with it. So the sink sets a mark now and then, asks whether all
 * before it was taken, and only then moves its cursor.
 */
#ifndef WRIT_FORWARD_OUT_H
#define WRIT_FORWARD_OUT_H

#include <stdbool.h>
#include <stddef.h>

#include "compile/model.h"
#include "forward/record.h"
#include "forward/watch.h"

#define WRIT_OUT_TIMEOUT_MS 10000
#define WRIT_OUT_ERROR_SIZE 200

struct writ_out {
	const struct writ_out_kind *kind;
	const struct writ_policy_sink *policy;
	const struct writ_watch *watch;
	char host[256];			 /* this machine's name */
	char error[WRIT_OUT_ERROR_SIZE]; /* of the call that failed */
	void *own;			 /* of the kind, while it is open */
};

struct writ_out_kind {
	/* Connects. Each of these that fails leaves it closed or to be closed, and says why in
	 * out->error. */
	int (*open)(struct writ_out *out);
	void (*close)(struct writ_out *out);
	/* -EMSGSIZE: the other side can't take this one; it stays open. */
	int (*send)(struct writ_out *out, const struct writ_record *record, const char *payload,
		    size_t len);
	/* Sends out what waits here. */
	int (*flush)(struct writ_out *out);
	/* Remembers what was sent so far, all of it flushed. One mark at a time. */
	void (*mark)(struct writ_out *out);
	/* Was all before the mark taken? 1, 0: not known yet, or -errno. */
	int (*marked)(struct writ_out *out);
	/* The end: waits a moment for the other side to take all that was sent. 1: it has. */
	int (*finish)(struct writ_out *out);
};

extern const struct writ_out_kind writ_out_stdout, writ_out_unix, writ_out_tls, writ_out_kafka;

/* Of @policy, with this machine's name. */
void writ_out_init(struct writ_out *out, const struct writ_policy_sink *policy,
		   const struct writ_watch *watch);

/* Sets out->error and returns @err. */
int writ_out_fail(struct writ_out *out, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Is there Kafka in this build? */
bool writ_out_has_kafka(void);

#endif
