/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loss accounting: each CPU numbers its records, and each record carries how many did not fit
 * into the ring so far. Out comes how many records are missing and why, so that
 *
 *	records noted + sum of missing = records produced
 *
 * holds exactly as soon as no program is between taking its number and submitting its record.
 */
#ifndef WRIT_AUDIT_SEQUENCE_H
#define WRIT_AUDIT_SEQUENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "writ/maps.h"

/* How long a number may be outstanding, in boot time, before it is called missing. */
#define WRIT_SEQUENCE_LATE_NS (UINT64_C(10) * 1000000000)

struct writ_sequence;

/* What one record, or one reading of the counters, revealed. All zero: nothing is missing. */
struct writ_gap {
	uint32_t cpu;
	int64_t ring_full;   /* records that the kernel counted as lost */
	int64_t unaccounted; /* numbers that never came, though the kernel counted no loss */
	int64_t late;	     /* records that came after all: takes back earlier unaccounted ones */
};

/*
 * Goes on from @kept, the accounts that outlive the process (zero: numbers begin at 1), the
 * caller's; NULL: nothing is kept.
 */
int writ_sequence_new(struct writ_accounts *kept, struct writ_sequence **ret);
void writ_sequence_free(struct writ_sequence *sequence);

static inline void writ_sequence_freep(struct writ_sequence **sequence)
{
	writ_sequence_free(*sequence);
}

/*
 * Notes a record. @ret is always filled in. Returns -ERANGE for a CPU that no kernel has, and
 * then nothing is noted.
 */
int writ_sequence_note(struct writ_sequence *sequence, uint32_t cpu, uint64_t number, uint64_t lost,
		       uint64_t boot_ns, struct writ_gap *ret);

/*
 * Notes a CPU's counters, read from the counters map: finds a loss after which no record of that
 * CPU came. Call it about once a second. Returns as above.
 */
int writ_sequence_poll(struct writ_sequence *sequence, uint32_t cpu, uint64_t lost,
		       uint64_t boot_ns, struct writ_gap *ret);

/* A record, or a gap, whose line was written before this process began, and which nobody kept. */
void writ_sequence_replay(struct writ_sequence *sequence, uint32_t cpu, uint64_t number);
void writ_sequence_replay_gap(struct writ_sequence *sequence, const struct writ_gap *gap);

/* What the log has of the ring: lines of a segment, and the position behind their records. */
struct writ_committed {
	uint64_t segment;
	uint64_t lines;
	uint64_t consumed;
};

/* Keeps what was noted since the last call. To be called when the lines are written. */
void writ_sequence_commit(struct writ_sequence *sequence, const struct writ_committed *committed);

/* As of the last commit. False: there was none since the programs were loaded. */
bool writ_sequence_committed(const struct writ_accounts *kept, struct writ_committed *ret);

#endif
