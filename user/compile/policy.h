/* SPDX-License-Identifier: Apache-2.0 */
/* Files -> checked policy, and look-up by name. */
#ifndef WRIT_COMPILE_POLICY_H
#define WRIT_COMPILE_POLICY_H

#include "compile/diagnostics.h"
#include "compile/model.h"

/*
 * Reads each path: a file, or a directory whose *.yaml and *.yml files are read in name order.
 * All errors and warnings of all files are added to @diags. 0 when there is no error (a policy
 * without documents is valid); -EINVAL when there is one; -ENOMEM.
 */
int writ_policy_load(const char *const *paths, size_t n_paths, struct writ_diagnostics *diags,
		     struct writ_policy **ret_policy);

/*
 * What only compiling can show: compiles every role, every playbook (with a stand-in for each
 * parameter) and the cgroup patterns, and drops the images; and when all do, what is probably not
 * meant (advice.h). 0, or -EINVAL with the errors added; warnings are added, too.
 */
int writ_policy_check(const struct writ_policy *policy, struct writ_diagnostics *diags);

void writ_policy_free(struct writ_policy *policy);

/* For _cleanup_(writ_policy_freep). */
void writ_policy_freep(struct writ_policy **policy);

/* NULL when there is none. */
const struct writ_policy_role *writ_policy_role(const struct writ_policy *policy, const char *name);
const struct writ_policy_playbook *writ_policy_playbook(const struct writ_policy *policy,
							const char *name);
const struct writ_policy_agent *writ_policy_agent(const struct writ_policy *policy,
						  const char *name);

/* True when @role lists the playbook. */
bool writ_policy_may_use(const struct writ_policy_role *role, const char *playbook);

#endif
