/* SPDX-License-Identifier: Apache-2.0 */
/* The list `capabilities` of a role. */
#ifndef WRIT_COMPILE_CAPABILITIES_H
#define WRIT_COMPILE_CAPABILITIES_H

#include <stdint.h>

#include "compile/model.h"
#include "compile/reader.h"

/* Names such as CAP_NET_BIND_SERVICE -> bits 1 << CAP_*, as capset(2) counts them. */
int writ_capabilities_read(struct writ_reader *reader, const struct writ_yaml_node *value,
			   uint64_t *ret_mask);

/* Warns of those in @role's own list that lead past the guardrails. */
void writ_capabilities_advise(const struct writ_policy_role *role, struct writ_diagnostics *diags);

/* "CAP_CHOWN" for bit 0; NULL: no capability has that bit. */
const char *writ_capabilities_name(uint32_t bit);

#endif
