/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time of the one thread for what costs more than a look-up: remedies of denials. So much of each
 * second for all callers, a part of that for one, and in one go no more than others may have to
 * wait for. Who has used up its part is refused, and the others go on.
 */
#ifndef WRIT_BROKER_BUDGET_H
#define WRIT_BROKER_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "writ/control.h"

#define WRIT_BUDGET_NS UINT64_C(200000000)   /* of a second, of all callers */
#define WRIT_BUDGET_SHARES 4u		     /* one caller has one in so many */
#define WRIT_BUDGET_GO_NS UINT64_C(5000000) /* in one go */
/* In a second. Each is charged WRIT_BUDGET_NS / WRIT_BUDGET_CALLERS at least, so none is left. */
#define WRIT_BUDGET_CALLERS 256u

struct writ_budget_caller {
	uint64_t key;
	uint64_t spent; /* ns, in this second */
};

/* Zero: nothing was spent. */
struct writ_budget {
	uint64_t (*clock)(void); /* ns that never go back; NULL: writ_time_boot */
	uint64_t second;	 /* at which it began */
	uint64_t spent;
	uint64_t begun; /* of the go */
	uint32_t current;
	uint32_t n;
	struct writ_budget_caller callers[WRIT_BUDGET_CALLERS];
};

/* A go of @who begins. False: its part of this second is used up, or all's. */
bool writ_budget_begin(struct writ_budget *budget, const struct writ_attest_row *who);

/* Is there time for more in this go? */
bool writ_budget_left(const struct writ_budget *budget);

/* After each writ_budget_begin() that was true. */
void writ_budget_end(struct writ_budget *budget);

#endif
