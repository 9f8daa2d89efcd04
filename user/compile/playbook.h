/* SPDX-License-Identifier: Apache-2.0 */
/* A document of kind Playbook -> struct writ_policy_playbook. */
#ifndef WRIT_COMPILE_PLAYBOOK_H
#define WRIT_COMPILE_PLAYBOOK_H

#include "compile/reader.h"
#include "compile/store.h"

/* @common are the fields of every kind. Results as writ_kinds_read(). */
int writ_playbook_read(struct writ_reader *reader, const struct writ_yaml_node *root,
		       const struct writ_field *common, size_t n_common,
		       struct writ_policy_store *store);

#endif
