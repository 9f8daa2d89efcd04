/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that came to nothing, on record: refused and withdrawn ones. (One that is granted is
 * on record as its grant, one that waits as its proposal.) The broker tells of most, and may be
 * anybody by now; and who is refused may ask 10,000 times a second. So each agent has so many
 * lines in a minute, and all together so many in a second. What is over that is counted, and the
 * count is on record when there is room: at the next tick after the agent's minute, or when writd
 * stops. After a kill -9 the ledger alone has what was counted and not told yet.
 */
#ifndef WRIT_DAEMON_REQUESTS_H
#define WRIT_DAEMON_REQUESTS_H

#include <stdint.h>

#include "writ/note.h"

/* As many as the ledger has rows of them: one agent's. Operators and strangers are one more. */
#define WRIT_REQUESTS_PER_MINUTE 60u
/* Of all: a fifth of what grants and their ends are when 1,000 are asked for. */
#define WRIT_REQUESTS_PER_SECOND 400u

struct writ_daemon;
struct writ_proposal;
struct writ_requests;

/* NULL: no memory. */
struct writ_requests *writ_requests_new(void);
void writ_requests_free(struct writ_requests *requests);

/*
 * Puts @request of the agent with index @agent (0: nobody's) on record, or counts it. @now: boot
 * ns. -ENOMEM: there was no memory at start.
 */
int writ_requests_note(struct writ_daemon *daemon, uint32_t agent,
		       const struct writ_note_request *request, uint64_t now);

/* The same of one that waited for people, by what the core keeps of it. */
int writ_requests_decided(struct writ_daemon *daemon, const struct writ_proposal *proposal,
			  enum writ_refusal refusal);

/* Puts on record what was only counted, where its minute is over. About once a second. */
void writ_requests_tell(struct writ_daemon *daemon, uint64_t now);

#endif
