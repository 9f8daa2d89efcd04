/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the writer before this one put into the log and could not account for any more: it was
 * killed between writing lines and keeping the accounts. Their records are in the ring once more.
 * These lines are counted as what they are, and the records are known when they come, so that no
 * line is written twice and no gap is said twice.
 */
#ifndef WRIT_AUDIT_REPLAY_H
#define WRIT_AUDIT_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/sequence.h"

struct writ_replay;

int writ_replay_new(struct writ_replay **ret);
void writ_replay_free(struct writ_replay *replay);

static inline void writ_replay_freep(struct writ_replay **replay)
{
	writ_replay_free(*replay);
}

/* A line of the log, with newline, of which @sequence has no account yet. -ENOMEM. */
int writ_replay_line(struct writ_replay *replay, struct writ_sequence *sequence, const char *line,
		     size_t len);

/* Is there a record whose line was written, and that has not come again? */
bool writ_replay_waits(const struct writ_replay *replay);

/* True once for each record whose line is in the log already. */
bool writ_replay_take(struct writ_replay *replay, uint32_t cpu, uint64_t number);

#endif
