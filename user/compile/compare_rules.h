/* SPDX-License-Identifier: Apache-2.0 */
/* Two lists of rights -> changes: the part of compare.c that knows rules and no policy. */
#ifndef WRIT_COMPILE_COMPARE_RULES_H
#define WRIT_COMPILE_COMPARE_RULES_H

#include "compile/compare.h"
#include "compile/rights.h"

/* Adds @change with the agent and the playbook of @common. 0 or -ENOMEM. */
int writ_compare_add(struct writ_comparison *out, const struct writ_change *common,
		     struct writ_change change);

/*
 * What @after allows, denies and records otherwise than @before, object by object. The rights'
 * strings must outlive @out. 0 or -ENOMEM.
 */
int writ_compare_rules(struct writ_comparison *out, const struct writ_change *common,
		       const struct writ_rights *before, const struct writ_rights *after);

#endif
