/* SPDX-License-Identifier: Apache-2.0 */
/*
 * After a deny: the playbooks that would allow it. Each rule of a playbook is held against the
 * object with its parameters as wildcards (capture.h); what comes out is compiled as a grant and
 * decided like any other, so an offer is never a guess.
 */
#ifndef WRIT_COMPILE_OFFERS_H
#define WRIT_COMPILE_OFFERS_H

#include "compile/explain.h"

/* A rule set has many rules, an object few values: so many are compiled for one playbook. */
#define WRIT_OFFERS_TRIES_MAX 8u

/* Fills the offers of @answer for the decision @denied. 0 or -ENOMEM. */
int writ_offers_find(const struct writ_policy *policy, const struct writ_policy_agent *agent,
		     const struct writ_decide *denied, struct writ_explain_answer *answer);

#endif
