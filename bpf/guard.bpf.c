// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a role opens: two words of its image, `kernel` (families) and `capabilities`. In: an agent's
 * index. Out: a reason. No role, no image, an image that was replaced: nothing is open. Runs under
 * RCU, which is what keeps images in place.
 */
#include "guard.bpf.h"

#define IMAGE_CAPABILITIES ((__u32) __builtin_offsetof(struct writ_image, capabilities))

/* The word at offset @field of image @ref; 0: there is no such image. */
static __always_inline __u32 image_word(__u64 ref, __u32 field)
{
	__u32 zero = 0, at = WRIT_REF_OFFSET(ref), id;
	const struct writ_tables *images = bpf_map_lookup_elem(&tables, &zero);

	if (!ref || !images)
		return 0;
	id = WRIT_IMAGE_FIELD(images, at, id);
	if (id && id != WRIT_REF_ID(ref)) /* 0: retired, and in place while it is read */
		return 0;
	return writ_tables_u32(images, at + field);
}

static __always_inline int role_opens(__u64 role, __u32 family)
{
	__u32 open = image_word(role, (__u32) __builtin_offsetof(struct writ_image, kernel));

	return family < WRIT_FAMILY_COUNT && open >> (family & 31u) & 1u;
}

int guard(struct scratch *scratch, __u32 family)
{
	struct decision *d;

	if (!scratch)
		return 0;
	d = &scratch->decision;
	d->reason = WRIT_REASON_NONE;
	if (decide_start(scratch) || d->reason)
		return 0;
	if (role_opens(d->role, family))
		(void)decided(scratch, WRIT_REASON_ROLE, d->role);
	else
		d->reason = WRIT_REASON_GUARDRAIL;
	return 0;
}

int guard_opens(struct scratch *scratch, __u32 family)
{
	struct writ_agent *agent;
	__u32 index;

	if (!scratch)
		return 0;
	index = scratch->decision.agent;
	agent = bpf_map_lookup_elem(&agents, &index);
	return agent && role_opens(*(volatile __u64 *)&agent->role, family);
}

__u32 guard_capability(__u32 agent, __u32 capability)
{
	struct writ_agent *entry = bpf_map_lookup_elem(&agents, &agent);
	__u32 held;

	if (!entry || capability >= WRIT_CAPABILITIES)
		return WRIT_REASON_NO_RULE;
	if (entry->state == WRIT_AGENT_SUSPENDED)
		return WRIT_REASON_SUSPENDED;
	held = image_word(*(volatile __u64 *)&entry->role,
			  IMAGE_CAPABILITIES + capability / 32u * 4u);
	if (entry->state == WRIT_AGENT_ACTIVE && held >> (capability & 31u) & 1u)
		return WRIT_REASON_NONE;
	return WRIT_REASON_NO_RULE;
}

int object_place(struct scratch *scratch, __u32 size)
{
	__u32 len = size - 1u, at;

	if (!scratch)
		return 0;
	if (size > GUARD_TEXT_MAX) { /* what is made is longer; or an error's number */
		if ((int)size < 0)
			return 0;
		len = GUARD_TEXT_MAX - 1u;
		scratch->decision.flags |= WRIT_EVENT_OBJECT_CUT;
	}
	barrier_var(len); /* one comparison at a time, on the register that becomes the address */
	if (!len || len >= GUARD_TEXT_MAX)
		return 0;
	barrier_var(len);
	at = WRIT_TEXT_PATH_END - len;
	if (!bpf_probe_read_kernel(&scratch->text.bytes[at], len,
				   &scratch->text.bytes[WRIT_TEXT_HEAD]))
		scratch->decision.at = at;
	return 0;
}
