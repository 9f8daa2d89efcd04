/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the core did, on record: each step becomes a record of the ring (kernel/note.h), in order.
 * While the ring is full they wait here, with the moment at which they happened; what does not fit
 * here either is counted, shown by `writ status`, and on record as soon as there is room.
 */
#ifndef WRIT_DAEMON_NOTES_H
#define WRIT_DAEMON_NOTES_H

#include <stdint.h>

#include "writ/note.h"

/* That wait for room in the ring, 2.8 KiB each while they do. */
#define WRIT_NOTES_MAX 512u

struct writ_daemon;
struct writ_notes_waiting;

struct writ_notes {
	struct writ_notes_waiting *first, *last;
	uint32_t n_waiting;
	uint64_t lost;	 /* since writd started */
	uint64_t untold; /* of them: that no record says yet */
	int error;	 /* last one told, 0: records are made */
};

/* @by: who did it now (the revoker, say), NULL for nobody. */
void writ_notes_grant(struct writ_daemon *daemon, enum writ_grant_event event,
		      const struct writ_grant_info *info, const char *by);
/* @why: in the asker's words, "" if that is not known any more. */
void writ_notes_issued(struct writ_daemon *daemon, const struct writ_grant_info *info,
		       const char *why);
void writ_notes_proposal(struct writ_daemon *daemon, enum writ_proposal_event event,
			 const struct writ_proposal_row *row, const struct writ_context *context,
			 const char *by);

/* @agent: index; 0: no agent's. */
void writ_notes_request(struct writ_daemon *daemon, enum writ_request_event event, uint32_t agent,
			const struct writ_note_request *request);

/* @detail: one line for people, cut if longer than its field; NULL for none. */
void writ_notes_daemon(struct writ_daemon *daemon, enum writ_daemon_event event,
		       const char *detail);

/* Tries again what waits. At each tick, and before writd ends. */
void writ_notes_flush(struct writ_daemon *daemon);

/* Forgets what waits. */
void writ_notes_clear(struct writ_notes *notes);

#endif
