/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The decision, the same in every hook, see decide.bpf.c. Hooks need the first two; what follows
 * is for those that judge in steps of their own (exec.bpf.c).
 */
#ifndef WRIT_DECIDE_BPF_H
#define WRIT_DECIDE_BPF_H

#include "match.bpf.h"

/*
 * All are global functions: proven once for any arguments.
 *
 * decide: judges the object. Sets reason (WRIT_REASON_ROLE or _GRANT: allowed) and what decided.
 * A reason that the caller has already set (no path, say) stands as the deny it is. 0.
 */
extern int decide(struct scratch *scratch);

/*
 * What decide() begins with, for a deny that needs no judging: now, mode, role, order. 0; or
 * -ENOENT with the reason set, when the agent's index leads nowhere.
 */
extern int decide_start(struct scratch *scratch);

/*
 * After decide() has allowed a program by a grant: if it is the grant's entry command and its
 * executions are counted, this is one; reason USED_UP when there is none left. An exec that fails
 * behind the hook has been counted all the same. 0.
 */
extern int decide_use(struct scratch *scratch);

/* Fills hit, allow and deny with what image @ref says of the object; no image says nothing. 0. */
extern int judge(struct scratch *scratch, __u64 ref);

/* The decision is (so far) for @reason, by the image that spoke last. */
extern int decided(struct scratch *scratch, __u32 reason, __u64 ref);

_Static_assert(WRIT_REASON_GRANT == WRIT_REASON_ROLE + 1 &&
		       WRIT_REASON_AGENT_SOCKET == WRIT_REASON_GRANT + 1,
	       "the reasons of an allow stand together");
static __always_inline int decision_allows(const struct decision *d)
{
	return d->reason >= WRIT_REASON_ROLE && d->reason <= WRIT_REASON_AGENT_SOCKET;
}

/* WRIT_REASON_GRANT when @grant, listed as @entry, counts for @d now, else why it does not. */
static __always_inline __u32 grant_reason(const struct writ_grant *grant, __u32 entry,
					  const struct decision *d)
{
	if (entry & WRIT_ORDER_REVOKED)
		return WRIT_REASON_REVOKED;
	if (d->now >= grant->expires)
		return WRIT_REASON_EXPIRED;
	if (d->now < grant->not_before)
		return WRIT_REASON_NOT_YET_ACTIVE;
	if (entry & WRIT_ORDER_RUN && grant->id != d->run && d->run != WRIT_RUN_ANY)
		return WRIT_REASON_OTHER_RUN;
	return WRIT_REASON_GRANT;
}

/* All executions of the entry command were made. What runs of them goes on. */
static __always_inline int grant_is_used_up(const struct writ_grant *grant)
{
	return grant->uses_max && *(volatile __u32 *)&grant->uses >= grant->uses_max;
}

/* Counts one execution of @grant's entry command. 0: there was none left. */
static __always_inline int grant_use(struct writ_grant *grant)
{
	if (!grant->uses_max || __sync_fetch_and_add(&grant->uses, 1) < grant->uses_max)
		return 1;
	(void)__sync_fetch_and_add(&grant->uses, -1);
	return 0;
}

/* The @index-th oldest grant of @d's agent, NULL behind the last. */
static __always_inline struct writ_grant *grant_at(const struct decision *d, __u32 index,
						   __u32 *ret_entry)
{
	__u32 entry = (d->order >> (8u * (index & 7u))) & 0xffu;
	__u32 slot = (entry & WRIT_ORDER_SLOT) - 1u, agent = d->agent;
	struct writ_grants *slots = bpf_map_lookup_elem(&grants, &agent);

	*ret_entry = entry;
	if (!slots || !entry || slot >= WRIT_GRANTS_PER_AGENT)
		return NULL;
	return &slots->slots[slot];
}

struct grants_time {
	const struct decision *decision;
	__u64 until;
};

static long grants_time_step(__u32 index, void *context)
{
	struct grants_time *time = context;
	struct writ_grant *grant;
	__u32 entry;

	grant = grant_at(time->decision, index, &entry);
	if (!grant)
		return 1;
	if (grant->not_before > time->decision->now && grant->not_before < time->until)
		time->until = grant->not_before;
	if (grant->expires > time->decision->now && grant->expires < time->until)
		time->until = grant->expires;
	return 0;
}

/* The next moment at which a grant of @d's agent begins or ends. */
static __always_inline __u64 grants_until(const struct decision *d)
{
	struct grants_time time = {.decision = d, .until = ~0ull};

	bpf_loop(WRIT_GRANTS_PER_AGENT, grants_time_step, &time, 0);
	return time.until;
}

#endif
