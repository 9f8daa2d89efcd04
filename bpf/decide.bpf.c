// SPDX-License-Identifier: GPL-2.0-only
/*
 * Role deny, role allow, live grants oldest first, else deny with the best reason there is. In: a
 * scratch whose decision says who, what is needed, and of which object. Out: the decision's lower
 * half. Includes no hook: the tests run it as it is through BPF_PROG_RUN. Runs under RCU, which
 * is what keeps images and grant slots in place.
 */
#include "memo.bpf.h"
#include "subject.bpf.h"

static __always_inline const struct writ_tables *tables_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&tables, &zero);
}

/* What image @ref says of the object: its accept index. */
static __always_inline __u32 judge_object(struct scratch *scratch, __u64 ref,
					  const struct writ_tables *images)
{
	struct decision *d = &scratch->decision;
	__u32 image = WRIT_REF_OFFSET(ref), state;

	if (d->protocol)
		return match_address(WRIT_REF_ID(ref), d->protocol, d->port, &d->address);
	if (d->at < WRIT_TEXT_HEAD || d->at >= WRIT_TEXT_PATH_END)
		return 0;
	state = match_walk(&scratch->text, image, WRIT_IMAGE_FIELD(images, image, path_entry),
			   d->at, WRIT_TEXT_PATH_END);
	return match_accept(image, state);
}

/*
 * Is what @ref refers to still there? An image that is retired has id 0 and is in place until its
 * readers have finished; another id would be another image's.
 */
static __always_inline int judge_has_image(const struct writ_tables *images, __u64 ref)
{
	__u32 id = WRIT_IMAGE_FIELD(images, WRIT_REF_OFFSET(ref), id);

	return !id || id == WRIT_REF_ID(ref);
}

int judge(struct scratch *scratch, __u64 ref)
{
	const struct writ_tables *images = tables_get();
	struct decision *d;

	if (!scratch)
		return 0;
	d = &scratch->decision;
	d->hit = 0;
	d->allow = 0;
	d->deny = 0;
	if (!ref || !images || !judge_has_image(images, ref))
		return 0;
	d->hit = judge_object(scratch, ref, images);
	writ_match_bits(images, WRIT_REF_OFFSET(ref), d->hit, &d->allow, &d->deny);
	if (d->allow & d->any)
		d->allow |= d->access;
	return 0;
}

int decided(struct scratch *scratch, __u32 reason, __u64 ref)
{
	const struct writ_tables *images = tables_get();
	struct decision *d;

	if (!scratch)
		return 0;
	d = &scratch->decision;
	d->reason = reason;
	d->image = WRIT_REF_ID(ref);
	d->image_at = WRIT_REF_OFFSET(ref);
	d->accept = ref ? d->hit : 0;
	d->audit = ref && images ? writ_match_audit(images, d->image_at, d->hit) : 0;
	return 0;
}

static __always_inline void decided_by_grant(struct scratch *scratch, __u32 reason,
					     const struct writ_grant *grant)
{
	scratch->decision.grant = grant->id;
	scratch->decision.expires = grant->expires;
	(void)decided(scratch, reason, grant->image);
}

/*
 * Is the object an entry command of which @grant has no execution left? To open and to map it is
 * none: the last one must be able to go on.
 */
static __always_inline int grant_refuses_use(struct decision *d, const struct writ_grant *grant)
{
	if (d->operation != WRIT_OP_EXEC || !(d->allow & WRIT_ALLOW_ENTRY))
		return 0;
	d->counted = 1;
	return grant_is_used_up(grant);
}

/* A live grant takes from `missing` what it allows; a deny rule ends it all. */
static long live_grant_step(__u32 index, void *context)
{
	struct scratch *scratch = *(struct scratch **)context;
	struct decision *d = &scratch->decision;
	struct writ_grant *grant;
	__u32 entry;

	grant = grant_at(d, index, &entry);
	if (!grant)
		return 1;
	if (grant_reason(grant, entry, d) != WRIT_REASON_GRANT)
		return 0;
	if (!d->missing && !(entry & WRIT_ORDER_DENY))
		return 0;
	(void)judge(scratch, grant->image);
	if (grant_refuses_use(d, grant))
		d->allow = 0;
	if (d->deny & d->access) {
		d->missing = d->access;
		decided_by_grant(scratch, WRIT_REASON_GRANT_DENY, grant);
		return 1;
	}
	if (d->missing & d->allow) {
		d->missing &= ~d->allow;
		if (d->reason != WRIT_REASON_GRANT)
			decided_by_grant(scratch, WRIT_REASON_GRANT, grant);
	}
	return 0;
}

/* After a deny: the youngest grant that would have sufficed, were it live, gives the reason. */
static long ended_grant_step(__u32 index, void *context)
{
	struct scratch *scratch = *(struct scratch **)context;
	struct decision *d = &scratch->decision;
	struct writ_grant *grant;
	__u32 entry, reason;

	grant = grant_at(d, index, &entry);
	if (!grant)
		return 1;
	reason = grant_reason(grant, entry, d);
	if (reason == WRIT_REASON_GRANT && !grant->uses_max)
		return 0;
	(void)judge(scratch, grant->image);
	if (reason == WRIT_REASON_GRANT) {
		if (!grant_refuses_use(d, grant))
			return 0;
		reason = WRIT_REASON_USED_UP;
	}
	if (!(d->missing & ~d->allow) && !(d->deny & d->access))
		decided_by_grant(scratch, reason, grant);
	return 0;
}

static __always_inline void decide_by_grants(struct scratch *scratch)
{
	struct decision *d = &scratch->decision;

	bpf_loop(WRIT_GRANTS_PER_AGENT, live_grant_step, &scratch, 0);
	if (d->reason == WRIT_REASON_GRANT_DENY || !d->missing)
		return;
	(void)decided(scratch, WRIT_REASON_NO_RULE, 0);
	d->grant = 0;
	d->expires = 0;
	bpf_loop(WRIT_GRANTS_PER_AGENT, ended_grant_step, &scratch, 0);
}

static __always_inline int start(struct decision *d)
{
	struct writ_grants *slots;
	struct writ_agent *agent;
	__u32 index = d->agent;

	if (!d->now)
		d->now = bpf_ktime_get_boot_ns();
	slots = bpf_map_lookup_elem(&grants, &index);
	agent = bpf_map_lookup_elem(&agents, &index);
	if (!slots || !agent) {
		d->reason = WRIT_REASON_NO_RULE;
		return -ENOENT;
	}
	/* before the order: what ends behind it counts */
	d->ends = *(volatile __u64 *)&slots->ends;
	d->order = *(volatile __u64 *)&slots->order;
	d->generation = *(volatile __u64 *)&slots->generation;
	/* a suspension is somebody's will, not a policy's: it holds in every mode */
	d->monitor = agent->mode == WRIT_MODE_MONITOR && agent->state != WRIT_AGENT_SUSPENDED;
	if (d->order & WRIT_ORDER_RUN_ANY && !d->run)
		d->run = subject_run(bpf_get_current_task_btf());
	d->role = *(volatile __u64 *)&agent->role; /* one load: it may be replaced meanwhile */
	if (d->reason)
		return 0;
	if (agent->state == WRIT_AGENT_SUSPENDED)
		d->reason = WRIT_REASON_SUSPENDED;
	else if (agent->state != WRIT_AGENT_ACTIVE)
		d->reason = WRIT_REASON_NO_RULE;
	return 0;
}

int decide_start(struct scratch *scratch)
{
	return scratch ? start(&scratch->decision) : -ENOENT;
}

/*
 * Is the object Writ's own, and is more asked than reading? This comes before the role, so no rule
 * opens it. Most operations only read or execute and are not held up by it.
 */
static __always_inline void decide_protected(struct scratch *scratch)
{
	struct decision *d = &scratch->decision;

	if (!d->protected_image)
		return;
	(void)judge(scratch, d->protected_image);
	if (d->deny & d->access)
		(void)decided(scratch, WRIT_REASON_PROTECTED, d->protected_image);
}

/* The image to ask it of; 0: it need not be asked. */
static __always_inline __u64 protected_image(const struct decision *d)
{
	struct writ_node *settings;
	__u32 zero = 0;

	if (d->protocol || !(d->access & WRIT_ACCESS_PROTECTED))
		return 0;
	settings = bpf_map_lookup_elem(&node, &zero);
	return settings ? *(volatile __u64 *)&settings->protected_image : 0;
}

static __always_inline void decide_by_images(struct scratch *scratch)
{
	struct decision *d = &scratch->decision;

	decide_protected(scratch);
	if (d->reason)
		return;
	(void)judge(scratch, d->role);
	if (d->deny & d->access) {
		(void)decided(scratch, WRIT_REASON_ROLE_DENY, d->role);
		return;
	}
	d->missing = d->access & ~d->allow;
	(void)decided(scratch, d->missing ? WRIT_REASON_NO_RULE : WRIT_REASON_ROLE, d->role);
	if (d->missing || (d->order & WRIT_ORDER_DENY_ANY))
		decide_by_grants(scratch);
}

int decide(struct scratch *scratch)
{
	struct decision *d;

	if (!scratch)
		return 0;
	d = &scratch->decision;
	if (start(d) || d->reason)
		return 0;
	d->protected_image = protected_image(d);
	if (memo_find(scratch))
		return 0;
	decide_by_images(scratch);
	if (!d->counted)
		memo_keep(scratch);
	return 0;
}

int decide_use(struct scratch *scratch)
{
	const struct writ_tables *images = tables_get();
	struct writ_grants *slots;
	struct decision *d;
	__u32 agent, slot;
	__u64 order;

	if (!scratch || !images)
		return 0;
	d = &scratch->decision;
	agent = d->agent;
	slots = bpf_map_lookup_elem(&grants, &agent);
	writ_match_bits(images, d->image_at, d->accept, &d->allow, &d->deny);
	if (!slots || d->reason != WRIT_REASON_GRANT || !(d->allow & WRIT_ALLOW_ENTRY))
		return 0;
	order = d->order;
	for (__u32 i = 0; i < WRIT_GRANTS_PER_AGENT; i++, order >>= 8) {
		slot = (order & WRIT_ORDER_SLOT) - 1u;
		if (slot >= WRIT_GRANTS_PER_AGENT || slots->slots[slot].id != d->grant)
			continue;
		if (!grant_use(&slots->slots[slot]))
			d->reason = WRIT_REASON_USED_UP;
		return 0;
	}
	d->reason = WRIT_REASON_REVOKED; /* it was taken out of the list meanwhile */
	return 0;
}
