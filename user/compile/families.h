/* SPDX-License-Identifier: Apache-2.0 */
/* The list `allow_kernel` of a role: which guardrails it opens. */
#ifndef WRIT_COMPILE_FAMILIES_H
#define WRIT_COMPILE_FAMILIES_H

#include <stdint.h>

#include "compile/model.h"
#include "compile/reader.h"

/* Words of WRIT_KERNEL_LIST -> @role's mask, and where each stands. As writ_reader_list(). */
int writ_families_read(struct writ_reader *reader, const struct writ_yaml_node *value,
		       struct writ_policy_role *role);

/* Warns of each family that @role itself opens: what an agent of it can then do. */
void writ_families_advise(const struct writ_policy_role *role, struct writ_diagnostics *diags);

#endif
