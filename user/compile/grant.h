/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request -> the grant that policy has for it, or every reason why there is none. This is the
 * check that the core repeats: no right comes out of it that the policy does not contain.
 */
#ifndef WRIT_COMPILE_GRANT_H
#define WRIT_COMPILE_GRANT_H

#include "compile/image.h"
#include "compile/model.h"
#include "writ/control.h"

struct writ_grant_plan {
	struct writ_blob image;
	const struct writ_policy_agent *agent;
	const struct writ_policy_role *role;
	const struct writ_policy_playbook *playbook;
	uint64_t ttl_ns;
	uint64_t delay_ns;
	enum writ_clip clip;   /* why it lasts less long than was asked; the shortest one's */
	char parameters[1024]; /* "k=v k=v" in the playbook's order, escaped, cut if longer */
};

/*
 * Uses agent, playbook, ticket, sponsor, ttl_ns, delay_ns and parameters of @request, which is not
 * trusted: a string without NUL or a count out of range is an error like any other. Approvals,
 * windows and what happened before are not looked at. Errors are added to
 * @diags without position, one line each with its remedy. -ENOENT: unknown agent or playbook;
 * -EACCES: the role may not use it; -EINVAL: anything else in the request; -ENOMEM.
 */
int writ_grant_compile(const struct writ_policy *policy, const struct writ_request *request,
		       struct writ_diagnostics *diags, struct writ_grant_plan *ret_plan);

/*
 * The same checks, and nothing is compiled: what is wrong first, in the order of the code, or
 * NONE; every fault is in @diags. @plan gets all but image and parameters, as far as it came: an
 * agent or playbook that was not found is NULL.
 */
enum writ_refusal writ_grant_review(const struct writ_policy *policy,
				    const struct writ_request *request,
				    struct writ_diagnostics *diags, struct writ_grant_plan *plan);

/* Of a playbook that the role of @agent lists: do environment and risk let it ask for it? */
bool writ_grant_may_ask(const struct writ_policy *policy, const struct writ_policy_agent *agent,
			const struct writ_policy_playbook *playbook);

/*
 * The one way from a playbook to an image: its rules for @agent (NULL: nobody), with @values[i] for
 * parameter i, and a stand-in where that, or @values, is NULL. Values are not checked here. 0 with
 * an image that the caller frees, -EINVAL with errors, -ENOMEM.
 */
int writ_grant_build(const struct writ_policy_playbook *playbook,
		     const struct writ_policy_agent *agent, const char *const *values,
		     struct writ_diagnostics *diags, struct writ_blob *ret_image);

/* Does the playbook compile, with stand-ins for its parameters? 0, -EINVAL with errors, -ENOMEM. */
int writ_grant_check(const struct writ_policy_playbook *playbook, struct writ_diagnostics *diags);

/* Frees the image. Fit for _cleanup_(writ_grant_plan_free). */
void writ_grant_plan_free(struct writ_grant_plan *plan);

#endif
