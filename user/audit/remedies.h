/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The `remedy` of a denial's line: what the agent may ask for, found by compile/remedy.h and kept,
 * because denials come in storms. The stream must keep up with the ring whatever agents do, so new
 * ones are found within a budget; beyond it the line goes without, and that is counted.
 */
#ifndef WRIT_AUDIT_REMEDIES_H
#define WRIT_AUDIT_REMEDIES_H

#include "audit/line.h"
#include "compile/model.h"

/* Remedies that are kept, "there is none" too: by agent, operation, access and object. */
#define WRIT_REMEDIES_WAYS 4u
#define WRIT_REMEDIES_KEPT 1024u

/*
 * New ones in a second, of all agents and of one: so many while they have not taken longer than
 * that, a tenth of a processor; and so few whatever they take, for hosts that are slow.
 */
#define WRIT_REMEDIES_BUDGET 400u
#define WRIT_REMEDIES_BUDGET_NS UINT64_C(100000000)
#define WRIT_REMEDIES_LEAST 16u
#define WRIT_REMEDIES_SHARES 4u /* of all three, one agent has one in so many */

struct writ_remedies;

/* @clock: nanoseconds that never go back: writ_time_boot. 0 or -ENOMEM. */
int writ_remedies_new(uint64_t (*clock)(void), struct writ_remedies **ret);
void writ_remedies_free(struct writ_remedies *remedies);

static inline void writ_remedies_freep(struct writ_remedies **remedies)
{
	writ_remedies_free(*remedies);
}

/*
 * The policy in force from now on, NULL: none, and then no denial has a remedy. It is the caller's,
 * and must live until another one is set. What was kept is forgotten.
 */
void writ_remedies_set(struct writ_remedies *remedies, const struct writ_policy *policy);

/*
 * Of @record, a denial of the agent of that name (NULL: not known): the JSON value, valid until the
 * next call. No bytes: there is none, or no time for it.
 */
struct writ_line_text writ_remedies_of(struct writ_remedies *remedies, const char *agent,
				       const struct writ_record *record);

/* How many lines went without because of the budget, or of memory. */
uint64_t writ_remedies_left_out(const struct writ_remedies *remedies);

#endif
