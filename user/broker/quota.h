/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much each caller uses: connections at a time, requests in a second. A caller is an agent,
 * or, outside of every agent, a user. One who uses all of theirs takes nothing from another.
 */
#ifndef WRIT_BROKER_QUOTA_H
#define WRIT_BROKER_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

#include "writ/control.h"

struct writ_quota;
struct writ_caller;

int writ_quota_open(struct writ_quota **ret_quota);
void writ_quota_closep(struct writ_quota **quota);

/*
 * A connection more of @who. -EBUSY: it has WRIT_HTTP_PER_CALLER_MAX; -ENOMEM. The caller is valid
 * until as many writ_quota_leave().
 */
int writ_quota_enter(struct writ_quota *quota, const struct writ_attest_row *who, uint64_t now,
		     struct writ_caller **ret_caller);
void writ_quota_leave(struct writ_caller *caller);

/* Is it @who's? */
bool writ_quota_is(const struct writ_caller *caller, const struct writ_attest_row *who);

/* A request more. False: it has had WRIT_HTTP_RATE_MAX in this second. @now: boot ns. */
bool writ_quota_request(struct writ_caller *caller, uint64_t now);

#endif
