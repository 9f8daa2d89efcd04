/* SPDX-License-Identifier: Apache-2.0 */
/* See budget.h. A second begins with its first go. */
#include "broker/budget.h"

#include "lib/time.h"

#define SHARE_NS (WRIT_BUDGET_NS / WRIT_BUDGET_SHARES)
#define LEAST_NS (WRIT_BUDGET_NS / WRIT_BUDGET_CALLERS)

static uint64_t now(const struct writ_budget *budget)
{
	return budget->clock ? budget->clock() : writ_time_boot();
}

/* An agent, or a user outside of every agent. */
static uint64_t key_of(const struct writ_attest_row *who)
{
	return who->agent_index ? UINT64_C(1) << 32 | who->agent_index : who->uid;
}

/* A place for @key; WRIT_BUDGET_CALLERS: there is none. */
static uint32_t find(struct writ_budget *budget, uint64_t key)
{
	uint32_t i = 0;

	while (i < budget->n && budget->callers[i].key != key)
		i++;
	if (i == budget->n && i < WRIT_BUDGET_CALLERS)
		budget->callers[budget->n++] = (struct writ_budget_caller){.key = key};
	return i;
}

bool writ_budget_begin(struct writ_budget *budget, const struct writ_attest_row *who)
{
	budget->begun = now(budget);
	if (budget->begun - budget->second >= WRIT_NS_PER_SECOND) {
		budget->second = budget->begun;
		budget->spent = 0;
		budget->n = 0;
	}
	if (budget->spent >= WRIT_BUDGET_NS)
		return false;
	budget->current = find(budget, key_of(who));
	return budget->current < WRIT_BUDGET_CALLERS &&
	       budget->callers[budget->current].spent < SHARE_NS;
}

bool writ_budget_left(const struct writ_budget *budget)
{
	uint64_t ns = now(budget) - budget->begun;

	return ns < WRIT_BUDGET_GO_NS && budget->spent + ns < WRIT_BUDGET_NS &&
	       budget->callers[budget->current].spent + ns < SHARE_NS;
}

void writ_budget_end(struct writ_budget *budget)
{
	uint64_t ns = now(budget) - budget->begun;

	if (ns < LEAST_NS)
		ns = LEAST_NS;
	budget->spent += ns;
	budget->callers[budget->current].spent += ns;
}
