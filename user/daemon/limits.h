/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A playbook's concurrency, cooldown and rate, as the core counts them: of what it has issued since
 * boot itself, so that nobody in the broker's place can go beyond them. The broker judges by its
 * ledger, which knows what was before the boot as well. Names and times in (boot ns), verdicts out.
 *
 * Kept are the live grants, and of each agent and playbook with a cooldown or rate the last end and
 * as many times of issue as the rate counts: never more than agents times such playbooks. A
 * restart finds them among the grants that the kernel has names for, the last WRIT_GRANT_INFOS_MAX;
 * one that ended early, at a time that is not known, counts as ended at the restart.
 */
#ifndef WRIT_DAEMON_LIMITS_H
#define WRIT_DAEMON_LIMITS_H

#include "compile/model.h"
#include "kernel/kernel.h"
#include "writ/control.h"

/* Zero: nothing was issued. */
struct writ_limits {
	void *books; /* trees of tsearch(3): of each playbook how many live */
	void *lives; /* live grants by number */
	void *pairs; /* of agent and playbook */
};

/* Reads what there is from the kernel. -ENOMEM. */
int writ_limits_open(struct writ_limits *limits, const struct writ_kernel *kernel, uint64_t now);
void writ_limits_close(struct writ_limits *limits);

/*
 * May one more of @playbook be issued to @agent? -EBUSY: so many live on this node; -ERESTART: too
 * soon after the last one; -EUSERS: so many in so long. Each with what helps in @error.
 */
int writ_limits_check(const struct writ_limits *limits, const struct writ_policy_playbook *playbook,
		      const char *agent, uint64_t now, char error[WRIT_ERROR_SIZE]);

/* @info was issued. -ENOMEM: it is not counted, and so must not stay. */
int writ_limits_issued(struct writ_limits *limits, const struct writ_policy_playbook *playbook,
		       const struct writ_grant_info *info);

/* It has ended, now or by its time. One that is not counted as live changes nothing. */
void writ_limits_ended(struct writ_limits *limits, const struct writ_grant_info *info,
		       uint64_t now);

#endif
