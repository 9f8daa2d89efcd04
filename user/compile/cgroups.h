/* SPDX-License-Identifier: Apache-2.0 */
/* The agents' cgroup patterns -> one image that tells which agent a new cgroup belongs to. */
#ifndef WRIT_COMPILE_CGROUPS_H
#define WRIT_COMPILE_CGROUPS_H

#include "compile/image.h"
#include "compile/model.h"

/*
 * @agent_index[i] is the map index of policy->agents[i]; NULL: i + 1. An accept entry's `allow`
 * is that index. -EINVAL with the errors in @diags: a cgroup that two agents could match, or
 * too many states; -ENOMEM.
 */
int writ_cgroups_compile(const struct writ_policy *policy, const uint32_t *agent_index,
			 struct writ_diagnostics *diags, struct writ_blob *ret_image);

#endif
