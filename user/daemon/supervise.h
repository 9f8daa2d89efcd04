/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a child is started again after it has died, and when it has died too often: three times
 * within a minute, and nothing is issued until it has run for one. An end that another policy asked
 * for is no death. Clock in, verdicts out.
 */
#ifndef WRIT_DAEMON_SUPERVISE_H
#define WRIT_DAEMON_SUPERVISE_H

#include <stdbool.h>
#include <stdint.h>

#define WRIT_SUPERVISE_DEATHS 3u
#define WRIT_SUPERVISE_SPAN_NS (UINT64_C(60) * 1000000000)
#define WRIT_SUPERVISE_DELAY_MIN_NS (UINT64_C(100) * 1000000)
#define WRIT_SUPERVISE_DELAY_MAX_NS (UINT64_C(30) * 1000000000)

struct writ_supervision {
	uint64_t died[WRIT_SUPERVISE_DEATHS]; /* boot ns of the last ones; a ring by `deaths` */
	uint64_t started;		      /* 0: it does not run */
	uint64_t retry;			      /* boot ns at which it is started again */
	uint64_t delay;			      /* before the last start */
	uint32_t deaths;
	bool held;
	bool renewable; /* its next orderly end is no death */
};

/* It runs from @now. */
void writ_supervise_started(struct writ_supervision *supervision, uint64_t now);

/*
 * There is something that it reads only when it starts: it may end for that, in order, once. More
 * would let one that was taken over end as often as it likes, and never be held.
 */
void writ_supervise_renew(struct writ_supervision *supervision);

/* It has ended in order. True: that was no death, and it is started again now. */
bool writ_supervise_ended(struct writ_supervision *supervision, uint64_t now);

/* It has died, or could not be started. True: from now on issuance is held. */
bool writ_supervise_died(struct writ_supervision *supervision, uint64_t now);

/* Is it time to start it? */
bool writ_supervise_is_due(const struct writ_supervision *supervision, uint64_t now);

/* True: it has run for so long that issuance is held no more. @now may be before its start. */
bool writ_supervise_release(struct writ_supervision *supervision, uint64_t now);

#endif
