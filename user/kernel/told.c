/* SPDX-License-Identifier: Apache-2.0 */
/* See told.h. */
#include "kernel/told.h"

#include <bpf/bpf.h>

#include "kernel/grants.h"

void writ_told_note(struct writ_kernel *kernel, const struct writ_grant_info *info, uint32_t flags)
{
	struct writ_grants *grants =
		info->agent < WRIT_AGENTS_MAX ? &kernel->grants[info->agent] : NULL;

	for (uint32_t slot = 0; grants && slot < WRIT_GRANTS_PER_AGENT; slot++)
		if (grants->slots[slot].id == info->id)
			grants->slots[slot].flags |= flags;
}

/* What should be on record of a grant with this byte of the order, and is perhaps not. */
static uint32_t missing(const struct writ_grant *grant, uint64_t byte)
{
	uint32_t should = WRIT_GRANT_ISSUE_TOLD;

	if (byte & WRIT_ORDER_REVOKED)
		should |= WRIT_GRANT_TOLD;
	return should & ~grant->flags;
}

/* The name says how it ended, too: that may not have been written any more. */
static void visit(struct writ_kernel *kernel, const struct writ_grant *grant, uint32_t flags,
		  writ_told_visitor visitor, void *context)
{
	struct writ_grant_info info;

	if (writ_grants_info(kernel, grant->id, &info))
		return;
	if (flags & WRIT_GRANT_TOLD) {
		info.end = (uint8_t)(grant->flags >> WRIT_GRANT_END_SHIFT);
		(void)bpf_map_update_elem(kernel->map_fds[WRIT_MAP_grant_infos], &info.id, &info,
					  BPF_EXIST);
	}
	visitor(context, &info, flags);
}

void writ_told_each_missing(struct writ_kernel *kernel, writ_told_visitor visitor, void *context)
{
	for (uint32_t agent = 1; agent < WRIT_AGENTS_MAX; agent++) {
		const struct writ_grants *grants = &kernel->grants[agent];

		for (uint64_t order = grants->order; order & WRIT_ORDER_SLOT; order >>= 8) {
			const struct writ_grant *grant =
				&grants->slots[(order & WRIT_ORDER_SLOT) - 1];
			uint32_t flags = missing(grant, order);

			if (flags)
				visit(kernel, grant, flags, visitor, context);
		}
	}
}
