/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a sweep (kernel/cut.h) is made, and who is told what it found: the grant's row, the log, and
 * the broker. One at a time; what ends meanwhile waits for the next.
 */
#ifndef WRIT_DAEMON_CUTS_H
#define WRIT_DAEMON_CUTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/cutter.h"
#include "kernel/cut.h"

#define WRIT_CUTS_MAX WRIT_CUTTER_GRANTS_MAX /* that wait; more are not counted */
#define WRIT_CUTS_PAUSE_NS (UINT64_C(200) * 1000000)   /* between two sweeps: ends come in crowds */
#define WRIT_CUTS_FIRST_NS (UINT64_C(1500) * 1000000)  /* after the start */
/* For one, which its cutter kills after 30; then it is over for the core, whatever hangs. */
#define WRIT_CUTS_LIMIT_NS (UINT64_C(32) * 1000000000)
#define WRIT_CUTS_COUNTS_MAX 65536u /* of one sweep; more are no answer */

struct writ_daemon;

struct writ_cuts {
	uint64_t *waiting; /* ended grants, WRIT_CUTS_MAX; NULL: none yet */
	size_t n_waiting;
	uint64_t *swept; /* those of the sweep that runs, in order */
	size_t n_swept;
	uint64_t ends; /* kernel->ends when the last one began */
	uint64_t next_ns;
	uint64_t limit_ns;
	bool runs;  /* one of which the counts are waited for */
	bool busy;  /* the cutter has not told the end of the last one */
	struct writ_cutter cutter;
	struct writ_cut_count *counts; /* read so far */
	size_t n_counts;
	bool told; /* that sweeps fail, once until one succeeds */
};

/*
 * Starts the cutter, and watches it. Once, before this process is confined. -errno, logged. Without
 * it nothing is swept, and what ends is told as counted in part.
 */
int writ_cuts_open(struct writ_daemon *daemon);

/* Grant @id has ended; what that cut is counted soon. Nothing may be open: it is known already. */
void writ_cuts_ended(struct writ_daemon *daemon, uint64_t id);

/* Now and then: begins a sweep if one is wanted, ends one that takes too long. */
void writ_cuts_tick(struct writ_daemon *daemon);

/* The cutter says something, or is gone. */
void writ_cuts_read(struct writ_daemon *daemon);

void writ_cuts_close(struct writ_daemon *daemon);

#endif
