/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The decision, the same in every hook: role deny, role allow, live grants oldest first, else deny
 * with the best reason there is. In: a struct decision whose upper half is filled (agent, what is
 * needed, object). Out: its lower half. Includes no hook: the tests run it as it is through
 * BPF_PROG_RUN. Runs under RCU, which is what keeps images and grant slots in place.
 */
#ifndef WRIT_DECIDE_BPF_H
#define WRIT_DECIDE_BPF_H

#include "match.bpf.h"

struct decision {
	/* in */
	struct writ_text *text; /* the object's bytes are text[at, WRIT_TEXT_PATH_END) */
	__u32 at;
	__u32 agent;
	__u32 operation;
	__u32 access; /* bits that are needed, all of them */
	__u32 any;    /* or any of these instead */
	__u32 family;
	__u32 protocol;
	__u32 port;
	struct address address;
	/* out */
	__u32 reason;
	__u32 monitor; /* the agent's mode: a deny is recorded, not enforced */
	__u32 image;
	__u32 image_at;
	__u32 accept;
	__u32 audit;	/* of that accept entry; 0: what is decided is recorded */
	__u32 argv_len; /* bytes of argv behind the object, for the record */
	__u32 flags;	/* of the record */
	__u64 grant;
	__u64 expires;
	__u64 now;
	/* own */
	const struct writ_tables *tables;
	struct writ_grants *grants;
	__u64 order;
	__u32 missing; /* needed bits that nothing has allowed yet */
	__u32 hit;     /* what the last image said */
	__u32 allow;
	__u32 deny;
};

/* The accept index of state word @state of image @ref. */
static __always_inline __u32 state_accept(const struct decision *d, __u64 ref, __u32 state)
{
	struct writ_walk walk = {
		.tables = d->tables, .image = WRIT_REF_OFFSET(ref), .state = state};

	walk.rows = walk.image + WRIT_IMAGE_FIELD(d->tables, walk.image, rows);
	return writ_match_accept(&walk);
}

/* The last image's say on the decision's path: jump behind the longest literal prefix, walk on. */
static __always_inline void judge_path(struct decision *d, __u64 ref)
{
	struct writ_prefix_key *key;
	struct writ_jump *jump;
	__u32 at = d->at, len;

	if (!d->text || at < WRIT_TEXT_HEAD || at >= WRIT_TEXT_PATH_END)
		return;
	len = WRIT_TEXT_PATH_END - at;
	key = (void *)&d->text->bytes[at - __builtin_offsetof(struct writ_prefix_key, bytes)];
	key->image = WRIT_REF_ID(ref);
	key->prefixlen = 8u * (4u + (len < WRIT_PREFIX_SIZE ? len : WRIT_PREFIX_SIZE));
	jump = bpf_map_lookup_elem(&prefixes, key);
	if (jump)
		d->hit = state_accept(d, ref,
				      match_walk(d->text, WRIT_REF_OFFSET(ref), jump->state,
						 at + jump->len, WRIT_TEXT_PATH_END));
}

/* Fills hit, allow and deny with what image @ref says; a missing image says nothing. */
static __noinline int judge(struct decision *d, __u64 ref)
{
	d->hit = 0;
	d->allow = 0;
	d->deny = 0;
	if (!ref)
		return 0;
	if (d->operation == WRIT_OP_CONNECT)
		d->hit = match_address(WRIT_REF_ID(ref), d->protocol, d->port, &d->address);
	else
		judge_path(d, ref);
	writ_match_bits(d->tables, WRIT_REF_OFFSET(ref), d->hit, &d->allow, &d->deny);
	if (d->allow & d->any)
		d->allow |= d->access;
	return 0;
}

/* The decision is (so far) for @reason, by the image that spoke last. */
static __always_inline void decided(struct decision *d, __u32 reason, __u64 ref)
{
	d->reason = reason;
	d->image = WRIT_REF_ID(ref);
	d->image_at = WRIT_REF_OFFSET(ref);
	d->accept = d->hit;
	d->audit = ref ? writ_match_audit(d->tables, WRIT_REF_OFFSET(ref), d->hit) : 0;
}

static __always_inline void decided_by_grant(struct decision *d, __u32 reason,
					     const struct writ_grant *grant)
{
	decided(d, reason, grant->image);
	d->grant = grant->id;
	d->expires = grant->expires;
}

/* WRIT_REASON_GRANT when @grant is live at @now, else why it is not. */
static __always_inline __u32 grant_reason(const struct writ_grant *grant, __u64 now)
{
	if (grant->flags & WRIT_GRANT_REVOKED)
		return WRIT_REASON_REVOKED;
	if (now >= grant->expires)
		return WRIT_REASON_EXPIRED;
	if (now < grant->not_before)
		return WRIT_REASON_NOT_YET_ACTIVE;
	return WRIT_REASON_GRANT;
}

/* The @index-th oldest grant of the agent, NULL behind the last. */
static __always_inline struct writ_grant *grant_at(struct decision *d, __u32 index,
						   __u32 *ret_entry)
{
	__u32 entry = (d->order >> (8u * (index & 7u))) & 0xffu;
	__u32 slot = (entry & ~WRIT_ORDER_DENY) - 1u;

	*ret_entry = entry;
	if (!entry || slot >= WRIT_GRANTS_PER_AGENT)
		return NULL;
	return &d->grants->slots[slot];
}

/* A live grant takes from `missing` what it allows; a deny rule ends it all. */
static long live_grant_step(__u32 index, void *context)
{
	struct decision *d = context;
	struct writ_grant *grant;
	__u32 entry;

	grant = grant_at(d, index, &entry);
	if (!grant)
		return 1;
	if (grant_reason(grant, d->now) != WRIT_REASON_GRANT)
		return 0;
	if (!d->missing && !(entry & WRIT_ORDER_DENY))
		return 0;
	judge(d, grant->image);
	if (d->deny & d->access) {
		d->missing = d->access;
		decided_by_grant(d, WRIT_REASON_GRANT_DENY, grant);
		return 1;
	}
	if (d->missing & d->allow) {
		d->missing &= ~d->allow;
		if (d->reason != WRIT_REASON_GRANT)
			decided_by_grant(d, WRIT_REASON_GRANT, grant);
	}
	return 0;
}

/* After a deny: the youngest grant that would have sufficed, were it live, gives the reason. */
static long ended_grant_step(__u32 index, void *context)
{
	struct decision *d = context;
	struct writ_grant *grant;
	__u32 entry, reason;

	grant = grant_at(d, index, &entry);
	if (!grant)
		return 1;
	reason = grant_reason(grant, d->now);
	if (reason == WRIT_REASON_GRANT)
		return 0;
	judge(d, grant->image);
	if (!(d->missing & ~d->allow))
		decided_by_grant(d, reason, grant);
	return 0;
}

static __always_inline void decide_by_grants(struct decision *d)
{
	bpf_loop(WRIT_GRANTS_PER_AGENT, live_grant_step, d, 0);
	if (d->reason == WRIT_REASON_GRANT_DENY || !d->missing)
		return;
	decided(d, WRIT_REASON_NO_RULE, 0);
	d->grant = 0;
	d->expires = 0;
	bpf_loop(WRIT_GRANTS_PER_AGENT, ended_grant_step, d, 0);
}

/* Maps of the decision; 0, or -ENOENT: the agent's index leads nowhere, which is a deny. */
static __always_inline int decide_start(struct decision *d, struct writ_agent **ret_agent)
{
	__u32 zero = 0;

	d->now = bpf_ktime_get_boot_ns();
	d->tables = bpf_map_lookup_elem(&tables, &zero);
	d->grants = bpf_map_lookup_elem(&grants, &d->agent);
	*ret_agent = bpf_map_lookup_elem(&agents, &d->agent);
	if (!d->tables || !d->grants || !*ret_agent)
		return -ENOENT;
	d->order = d->grants->order;
	d->monitor = (*ret_agent)->mode == WRIT_MODE_MONITOR;
	return 0;
}

/*
 * Judges the decision's object. Sets reason (WRIT_REASON_ROLE or _GRANT: allowed), and what
 * decided. A reason that the caller has already set (no path, say) stands as the deny it is.
 */
static __always_inline void decide(struct decision *d)
{
	struct writ_agent *agent;
	__u64 role;

	if (decide_start(d, &agent)) {
		d->reason = WRIT_REASON_NO_RULE;
		return;
	}
	if (agent->state == WRIT_AGENT_SUSPENDED)
		d->reason = WRIT_REASON_SUSPENDED;
	else if (agent->state != WRIT_AGENT_ACTIVE)
		d->reason = WRIT_REASON_NO_RULE;
	if (d->reason)
		return;
	role = *(volatile __u64 *)&agent->role; /* one load: the daemon may replace it meanwhile */
	judge(d, role);
	if (d->deny & d->access) {
		decided(d, WRIT_REASON_ROLE_DENY, role);
		return;
	}
	d->missing = d->access & ~d->allow;
	decided(d, d->missing ? WRIT_REASON_NO_RULE : WRIT_REASON_ROLE, role);
	if (d->missing || (d->order & WRIT_ORDER_DENY_ANY))
		decide_by_grants(d);
}

static __always_inline int decision_allows(const struct decision *d)
{
	return d->reason == WRIT_REASON_ROLE || d->reason == WRIT_REASON_GRANT;
}

#endif
