/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Grants in the kernel: slots of an agent, their order, and what people call them. The kernel
 * compares the times at each decision; nothing here has to run for a grant to end.
 */
#ifndef WRIT_KERNEL_GRANTS_H
#define WRIT_KERNEL_GRANTS_H

#include "kernel/kernel.h"
#include "writ/control.h"

/* An ended grant stays listed this long, so that a denial can say why. */
#define WRIT_GRANT_KEPT_NS (UINT64_C(600) * 1000000000)

/*
 * Publishes @image (a checked image of @size bytes) for info->agent from info->not_before until
 * info->expires, for the run alone or the whole agent (info->scope), and for so many executions of
 * its entry command (info->uses_max). Gives info->id. Reads back what the kernel holds before it
 * returns 0.
 * -EBUSY: every slot is live, or its end is not on record yet; -ENOSPC, -E2BIG: see
 * writ_arena_place().
 */
int writ_grants_issue(struct writ_kernel *kernel, const void *image, size_t size,
		      struct writ_grant_info *info);

/*
 * Ends a grant now, as @end says (revoked, completed or used up): the next decision sees it.
 * *@ret_info has the end. -ENOENT: no such grant, or it has ended; -EINVAL: another end.
 */
int writ_grants_end(struct writ_kernel *kernel, uint64_t id, enum writ_end end,
		    struct writ_grant_info *ret_info);

/* The same for WRIT_END_REVOKED. */
int writ_grants_revoke(struct writ_kernel *kernel, uint64_t id, struct writ_grant_info *ret_info);

/*
 * State of the grant of @info, and how often its entry command was executed. -ENOENT: it has no
 * slot any more.
 */
int writ_grants_state(const struct writ_kernel *kernel, const struct writ_grant_info *info,
		      enum writ_grant_state *ret_state, uint32_t *ret_uses);

/* Notes the cgroup of its run, where the next writd finds it. */
int writ_grants_set_run(struct writ_kernel *kernel, uint64_t id, uint64_t cgroup);

/* Keeps @info's cut_*, with the rest of it as writ_grants_info() gave it. -ENOENT: not known. */
int writ_grants_set_cut(struct writ_kernel *kernel, const struct writ_grant_info *info);

/* The live, pending and lately ended grants of @agent, or of all agents (0). */
typedef void (*writ_grants_visitor)(void *context, const struct writ_grant_info *info,
				    enum writ_grant_state state);
void writ_grants_each(const struct writ_kernel *kernel, uint32_t agent, writ_grants_visitor visitor,
		      void *context);

/* All that have names, the last WRIT_GRANT_INFOS_MAX or so, in no order. */
typedef void (*writ_grants_info_visitor)(void *context, const struct writ_grant_info *info);
void writ_grants_each_info(const struct writ_kernel *kernel, writ_grants_info_visitor visitor,
			   void *context);

/*
 * Ages: calls @expired once for each grant that has run out since the last call (NULL: nobody
 * wants to know), and takes back slots of grants that ended long ago.
 */
void writ_grants_age(struct writ_kernel *kernel, writ_grants_visitor expired, void *context);

/* Is there one that is live, or will be? */
bool writ_grants_any_live(const struct writ_kernel *kernel);

/* What grant @id stands for. -ENOENT: not known any more. */
int writ_grants_info(const struct writ_kernel *kernel, uint64_t id,
		     struct writ_grant_info *ret_info);

#endif
