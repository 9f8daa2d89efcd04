/* SPDX-License-Identifier: Apache-2.0 */
/* Network rules -> the image's address entries. */
#ifndef WRIT_COMPILE_PORTS_H
#define WRIT_COMPILE_PORTS_H

#include "compile/accepts.h"
#include "compile/model.h"
#include "writ/image.h"

struct writ_ports_rule {
	const struct writ_network_rule *rule;
	uint32_t image_rule;
};

struct writ_ports_table {
	struct writ_image_address *entries;
	size_t n_entries;
	size_t capacity;
};

/*
 * One entry for each distinct prefix of @rules (which it sorts) and protocol, sorted, each with
 * all that the prefixes around it give. A prefix of IPv6 never speaks of IPv4: where one is wide
 * enough to contain the mapped addresses, these get an entry of their own. 0, -ENOMEM, -E2BIG, or
 * -EINVAL with the rules to blame in @diags: more than WRIT_PORT_RANGES_MAX ranges.
 */
int writ_ports_build(struct writ_ports_rule *rules, size_t n_rules, struct writ_accepts *accepts,
		     struct writ_diagnostics *diags, struct writ_ports_table *ret_table);

/* Fit for _cleanup_(writ_ports_table_free). */
void writ_ports_table_free(struct writ_ports_table *table);

#endif
