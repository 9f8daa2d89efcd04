/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much each caller uses: connections at a time, requests in a second. A caller is an agent,
 * or, outside of every agent, a user. One who uses all of theirs takes nothing from another.
 */
#ifndef WRIT_BROKER_CALLERS_H
#define WRIT_BROKER_CALLERS_H

#include <stdbool.h>
#include <stdint.h>

#include "writ/control.h"

struct writ_callers;
struct writ_caller;

int writ_callers_open(struct writ_callers **ret_callers);
void writ_callers_closep(struct writ_callers **callers);

/*
 * A connection more of @who. -EBUSY: it has WRIT_HTTP_PER_CALLER_MAX; -ENOMEM. The caller is valid
 * until as many writ_callers_leave().
 */
int writ_callers_enter(struct writ_callers *callers, const struct writ_attest_row *who,
		       uint64_t now, struct writ_caller **ret_caller);
void writ_callers_leave(struct writ_caller *caller);

/* Is it @who's? */
bool writ_callers_is(const struct writ_caller *caller, const struct writ_attest_row *who);

/* A request more. False: it has had WRIT_HTTP_RATE_MAX in this second. @now: boot ns. */
bool writ_callers_request(struct writ_caller *caller, uint64_t now);

#endif
