/* SPDX-License-Identifier: Apache-2.0 */
/* A role's rules -> its image. */
#ifndef WRIT_COMPILE_ROLE_H
#define WRIT_COMPILE_ROLE_H

#include "compile/image.h"
#include "compile/model.h"

/*
 * True when the rules name {agent} or {environment}: then each agent needs an image of its own.
 * Otherwise one image serves all agents of the role.
 */
bool writ_role_varies(const struct writ_policy_role *role);

/*
 * The image of @role; of one that varies, the image in which the rules with variables speak of
 * nobody. 0 with an image that the caller frees (writ_blob_free); -EINVAL with the errors, naming
 * the rules to blame, in @diags (too many states, too many port ranges); -ENOMEM.
 */
int writ_role_compile(const struct writ_policy *policy, const struct writ_policy_role *role,
		      struct writ_diagnostics *diags, struct writ_blob *ret_image);

/* The same of @agent's role, for this agent. */
int writ_role_compile_agent(const struct writ_policy_agent *agent, struct writ_diagnostics *diags,
			    struct writ_blob *ret_image);

#endif
