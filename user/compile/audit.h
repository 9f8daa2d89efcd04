/* SPDX-License-Identifier: Apache-2.0 */
/* `audit:` of a Node -> struct writ_policy_audit. */
#ifndef WRIT_COMPILE_AUDIT_H
#define WRIT_COMPILE_AUDIT_H

#include "compile/model.h"
#include "compile/reader.h"
#include "lib/time.h"

/* What a Node without `audit:` has. */
#define WRIT_AUDIT_DEFAULTS                                                            \
	{                                                                              \
		.on_error = WRIT_ON_ERROR_DROP, .spill_bytes = 1ull << 30,             \
		.sync = WRIT_SYNC_INTERVAL, .sync_ns = WRIT_NS_PER_SECOND,             \
		.checkpoint_ns = 60 * WRIT_NS_PER_SECOND, .rotate_bytes = 64ull << 20, \
		.rotate_ns = 86400 * WRIT_NS_PER_SECOND, .keep_bytes = 10ull << 30,    \
		.keep_ns = 90 * 86400 * WRIT_NS_PER_SECOND, .compress = true,          \
	}

/* @object is a struct writ_policy_node, its audit preset with the defaults. */
int writ_audit_read(struct writ_reader *reader, const struct writ_yaml_node *value, void *object);

/* The list of `sinks:` and of `alerts:`; @object is a struct writ_policy_audit. */
int writ_audit_read_sinks(struct writ_reader *reader, const struct writ_yaml_node *value,
			  void *object);
int writ_audit_read_alerts(struct writ_reader *reader, const struct writ_yaml_node *value,
			   void *object);

#endif
