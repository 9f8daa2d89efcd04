/* SPDX-License-Identifier: Apache-2.0 */
/* See counts.h. */
#include "audit/counts.h"

/* The one writer: a plain sum, stored as a whole. */
static void add(__u64 *total, uint64_t more)
{
	if (more)
		__atomic_store_n(total, *total + more, __ATOMIC_RELAXED);
}

void writ_counts_publish(struct writ_counts *counts, struct writ_audit_figures *figures)
{
	for (uint32_t i = 0; i < counts->n_touched; i++) {
		uint32_t cell = counts->touched[i];

		add(&figures->decisions[cell], counts->decisions[cell]);
		counts->decisions[cell] = 0;
	}
	counts->n_touched = 0;
	for (int reason = 0; reason < WRIT_GAP_COUNT; reason++) {
		add(&figures->gaps[reason], counts->gaps[reason]);
		add(&figures->lost[reason], counts->lost[reason]);
		counts->gaps[reason] = counts->lost[reason] = 0;
	}
}
