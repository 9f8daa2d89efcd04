/* SPDX-License-Identifier: Apache-2.0 */
/* One document of a policy file -> one object of the model: Role, Playbook, Agent, Node or Set. */
#ifndef WRIT_COMPILE_KINDS_H
#define WRIT_COMPILE_KINDS_H

#include "compile/reader.h"
#include "compile/store.h"

/*
 * Reads the document at @root and adds the object to @store. 0, -EINVAL with the errors added,
 * -ENOMEM. Names of other objects are not looked up yet (links.c).
 */
int writ_kinds_read(struct writ_reader *reader, const struct writ_yaml_node *root,
		    struct writ_policy_store *store);

#endif
