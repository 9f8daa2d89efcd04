/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is allowed in policy and probably not meant: warnings of `writ policy check`. For a policy
 * that compiles; what only the host can show (a path through a symbolic link) is the caller's.
 */
#ifndef WRIT_COMPILE_ADVICE_H
#define WRIT_COMPILE_ADVICE_H

#include "compile/model.h"
#include "compile/ruleset.h"

/* Adds the warnings to @diags. 0 or -ENOMEM. */
int writ_advice_give(const struct writ_policy *policy, struct writ_diagnostics *diags);

/* An image to be judged: of the rules that are one's own (the first) and those they meet. */
struct writ_advice_subject {
	const struct writ_ruleset *set;
	const struct writ_image *image;
	uint32_t n_own;	      /* image rules of the object itself: only they are reported */
	uint32_t first_place; /* image rule of the first landmark (reach.c) */
};

/* Own rules without which nothing would change. 0 or -ENOMEM. */
int writ_shadow_find(const struct writ_advice_subject *subject, struct writ_diagnostics *diags);

/* Adds the landmarks to a set of rules, as rules that give nothing. As writ_ruleset_add(). */
int writ_reach_add(struct writ_ruleset *set);

/* Own rules that reach a landmark, or let be run what may be written. 0 or -ENOMEM. */
int writ_reach_find(const struct writ_advice_subject *subject, struct writ_diagnostics *diags);

/* Rules by which a grant is wider than the playbook's description needs. 0 or -ENOMEM. */
int writ_wide_find(const struct writ_policy_playbook *playbook, struct writ_diagnostics *diags);

/* Counted commands that the role runs without a grant. 0 or -ENOMEM. */
int writ_uncounted_find(const struct writ_policy *policy, const struct writ_policy_role *role,
			struct writ_diagnostics *diags);

/* True when both image rules come from the same rule of policy. */
bool writ_advice_same(const struct writ_ruleset *set, uint32_t a, uint32_t b);

#endif
