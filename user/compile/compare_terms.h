/* SPDX-License-Identifier: Apache-2.0 */
/* Two playbooks' terms, and two roles' limits -> changes: the part of compare.c without rules. */
#ifndef WRIT_COMPILE_COMPARE_TERMS_H
#define WRIT_COMPILE_COMPARE_TERMS_H

#include "compile/compare.h"

/*
 * A change for each term (terms.h) that differs, with the agent and the playbook of @common. What
 * is neither more nor less, such as other windows, is a change without gain or loss. 0 or -ENOMEM.
 */
int writ_compare_terms(struct writ_comparison *out, const struct writ_change *common,
		       const struct writ_policy_playbook *before,
		       const struct writ_policy_playbook *after);

/* Likewise, of ttl_max and risk of a role. */
int writ_compare_limits(struct writ_comparison *out, const struct writ_change *common,
			const struct writ_policy_role *before,
			const struct writ_policy_role *after);

#endif
