/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lines are counted by, for metrics: a decision by its three words, a gap by its reason. One
 * increment for each line; what has come together goes to the memory that the core reads when the
 * lines are written, and costs by how many different words there were. One thread.
 */
#ifndef WRIT_AUDIT_COUNTS_H
#define WRIT_AUDIT_COUNTS_H

#include <stdint.h>

#include "writ/audit.h"

struct writ_counts {
	uint32_t n_touched;
	uint16_t touched[WRIT_AUDIT_DECISIONS]; /* cells that are not 0 */
	uint64_t decisions[WRIT_AUDIT_DECISIONS];
	uint64_t gaps[WRIT_GAP_COUNT];
	uint64_t lost[WRIT_GAP_COUNT];
};
_Static_assert(WRIT_AUDIT_DECISIONS <= UINT16_MAX, "a cell's number fits");

static inline void writ_counts_decision(struct writ_counts *counts, uint32_t verdict,
					uint32_t operation, uint32_t reason)
{
	uint32_t cell = writ_audit_decision(verdict, operation, reason);

	if (!counts->decisions[cell]++)
		counts->touched[counts->n_touched++] = (uint16_t)cell;
}

/* @missing: as the gap's line has it; LATE's is negative. */
static inline void writ_counts_lost(struct writ_counts *counts, enum writ_gap_reason reason,
				    int64_t missing)
{
	counts->lost[reason] += (uint64_t)(missing < 0 ? -missing : missing);
}

/* Adds all to @figures, which the core reads meanwhile, and begins anew. */
void writ_counts_publish(struct writ_counts *counts, struct writ_audit_figures *figures);

#endif
