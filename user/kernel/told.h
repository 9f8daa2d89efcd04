/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of a grant is on record, said in its slot: a writd that is killed between doing and saying
 * leaves the saying to the next one.
 */
#ifndef WRIT_KERNEL_TOLD_H
#define WRIT_KERNEL_TOLD_H

#include "kernel/kernel.h"

/*
 * The issue (WRIT_GRANT_ISSUE_TOLD), the end (WRIT_GRANT_TOLD) of a grant is on record. Until its
 * end is, it keeps its slot.
 */
void writ_told_note(struct writ_kernel *kernel, const struct writ_grant_info *info, uint32_t flags);

/*
 * What was done and is perhaps not on record: @flags as above; info->end says how it ended. The
 * visitor notes what it tells. Expiries are not among them, see writ_grants_age().
 */
typedef void (*writ_told_visitor)(void *context, const struct writ_grant_info *info,
				  uint32_t flags);
void writ_told_each_missing(struct writ_kernel *kernel, writ_told_visitor visitor, void *context);

#endif
