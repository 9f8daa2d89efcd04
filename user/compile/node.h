/* SPDX-License-Identifier: Apache-2.0 */
/* A document of kind Node -> struct writ_policy_node. */
#ifndef WRIT_COMPILE_NODE_H
#define WRIT_COMPILE_NODE_H

#include "compile/reader.h"
#include "compile/store.h"

/* @common are the fields of every kind. Results as writ_kinds_read(). */
int writ_node_read(struct writ_reader *reader, const struct writ_yaml_node *root,
		   const struct writ_field *common, size_t n_common,
		   struct writ_policy_store *store);

/* The policy's Node, or one with every default where it has none, or is NULL. Never NULL. */
const struct writ_policy_node *writ_node_of(const struct writ_policy *policy);

#endif
