// SPDX-License-Identifier: GPL-2.0-only
/*
 * All that role and grants say of an object at once, from below and from above: what is allowed
 * for sure, and what may be allowed. The two differ where it can't be told: below a directory as
 * long as some text leads the DFA out of the state behind "DIRECTORY/", and where a grant is yet to
 * begin. Only a state that no byte leads out of speaks for all that is below.
 */
#include "rights.bpf.h"

#define RIGHTS_ALL ((1u << WRIT_ACCESS_BITS) - 1u)

struct rights_sum {
	struct scratch *scratch;
	__u32 below;
	__u32 allowed;	/* by whom it counts now */
	__u32 possible; /* by anybody that counts now or may come to */
	__u32 withheld; /* what anybody denies, or may */
	__u32 never;	/* what the role denies for sure, which no grant lifts */
};

/* Not replaced by another one: see judge_has_image(), decide.bpf.c. */
static __always_inline int image_is_there(const struct writ_tables *images, __u64 ref)
{
	__u32 id = WRIT_IMAGE_FIELD(images, WRIT_REF_OFFSET(ref), id);

	return !id || id == WRIT_REF_ID(ref);
}

/* What image @ref says, added up; @live: it counts now. */
static __always_inline void rights_add(struct rights_sum *sum, __u64 ref, int live, int role)
{
	__u32 zero = 0, image = WRIT_REF_OFFSET(ref), end = WRIT_TEXT_PATH_END, state, allow, deny;
	const struct writ_tables *images = bpf_map_lookup_elem(&tables, &zero);
	struct scratch *scratch = sum->scratch;

	if (!ref)
		return;
	if (!images || !image_is_there(images, ref)) { /* it can't be told */
		sum->possible = RIGHTS_ALL;
		sum->withheld = RIGHTS_ALL;
		return;
	}
	end += sum->below ? 1 : 0;
	state = match_walk(&scratch->text, image, WRIT_IMAGE_FIELD(images, image, path_entry),
			   scratch->decision.at, end);
	if (sum->below && !(state & WRIT_STATE_FINAL)) {
		sum->possible = RIGHTS_ALL;
		if (WRIT_IMAGE_FIELD(images, image, flags) & WRIT_IMAGE_HAS_DENY)
			sum->withheld = RIGHTS_ALL;
		return;
	}
	writ_match_bits(images, image, match_accept(image, state), &allow, &deny);
	sum->possible |= allow;
	sum->withheld |= deny;
	if (live)
		sum->allowed |= allow;
	if (role)
		sum->never |= deny;
}

static long rights_step(__u32 index, void *context)
{
	struct rights_sum *sum = context;
	struct decision *d = &sum->scratch->decision;
	struct writ_grant *grant;
	__u32 entry, reason;

	grant = grant_at(d, index, &entry);
	if (!grant)
		return 1;
	reason = grant_reason(grant, entry, d);
	if (reason == WRIT_REASON_GRANT || reason == WRIT_REASON_NOT_YET_ACTIVE)
		rights_add(sum, grant->image, reason == WRIT_REASON_GRANT, 0);
	return 0;
}

/* The rights on the object, or on all below it. */
static __noinline int rights_sum(struct scratch *scratch, __u32 below, struct rights *rights)
{
	struct rights_sum sum = {.scratch = scratch, .below = below};
	struct decision *d = &scratch->decision;

	if (d->at < WRIT_TEXT_HEAD || d->at >= WRIT_TEXT_PATH_END)
		return 0; /* nothing is sure, as it was set */
	scratch->text.bytes[WRIT_TEXT_PATH_END] = '/';
	rights_add(&sum, d->role, 1, 1);
	bpf_loop(WRIT_GRANTS_PER_AGENT, rights_step, &sum, 0);
	rights->sure = sum.allowed & ~sum.withheld;
	rights->possible = sum.possible & ~sum.never;
	return 0;
}

int rights_judge(struct scratch *scratch, __u32 below)
{
	struct rights here = {.possible = RIGHTS_ALL}, under = {.possible = RIGHTS_ALL};
	struct decision *d;
	__u32 has_path;

	if (!scratch)
		return 0;
	d = &scratch->decision;
	has_path = !d->reason;
	(void)decide(scratch);
	if (has_path) {
		rights_sum(scratch, 0, &here);
		if (below)
			rights_sum(scratch, 1, &under);
	}
	d->here = here;
	d->below = under;
	if (below && decision_allows(d) && d->access & ~under.sure)
		rights_refuse(scratch, WRIT_REASON_BELOW);
	return 0;
}
