/* SPDX-License-Identifier: Apache-2.0 */
/* The kind Set, and what becomes of the rules that name one: "@NAME" where a path or so stands. */
#ifndef WRIT_COMPILE_SETS_H
#define WRIT_COMPILE_SETS_H

#include "compile/reader.h"
#include "compile/store.h"

/* See writ_kinds_read(); @common are the fields of every kind. */
int writ_sets_read(struct writ_reader *reader, const struct writ_yaml_node *root,
		   const struct writ_field *common, size_t n_common,
		   struct writ_policy_store *store);

/*
 * Replaces each rule of @store that names a set by one for each of its elements, in its place and
 * with its position. Needs the set index. 0 with the faults in @diags, or -ENOMEM.
 */
int writ_sets_expand(struct writ_policy_store *store, struct writ_diagnostics *diags);

#endif
