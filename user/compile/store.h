/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a policy is made of while it is read, and what keeps it alive afterwards. Only the readers
 * of kinds (fill it), links.c (checks it as a whole) and policy.c (owns it) look inside.
 */
#ifndef WRIT_COMPILE_STORE_H
#define WRIT_COMPILE_STORE_H

#include "compile/arena.h"
#include "compile/index.h"
#include "compile/model.h"
#include "compile/reader.h"

struct writ_policy_store {
	struct writ_arena arena;
	struct writ_policy_role *roles;
	size_t n_roles;
	size_t roles_capacity;
	struct writ_policy_playbook *playbooks;
	size_t n_playbooks;
	size_t playbooks_capacity;
	struct writ_policy_agent *agents;
	size_t n_agents;
	size_t agents_capacity;
	struct writ_policy_node *nodes;
	size_t n_nodes;
	size_t nodes_capacity;
	struct writ_policy_set *sets;
	size_t n_sets;
	size_t sets_capacity;
	regex_t **regexes; /* to be freed; the structs are in the arena */
	size_t n_regexes;
	size_t regexes_capacity;
	struct writ_index role_index;
	struct writ_index playbook_index;
	struct writ_index agent_index;
	struct writ_index set_index;
};

_Static_assert(offsetof(struct writ_policy_role, at) == offsetof(struct writ_named, at), "role");
_Static_assert(offsetof(struct writ_policy_playbook, at) == offsetof(struct writ_named, at),
	       "playbook");
_Static_assert(offsetof(struct writ_policy_agent, at) == offsetof(struct writ_named, at), "agent");
_Static_assert(offsetof(struct writ_policy_set, at) == offsetof(struct writ_named, at), "set");
_Static_assert(offsetof(struct writ_policy_node, at) == offsetof(struct writ_named, at), "node");

/* Compiles a pattern that is known to be good; the store frees it. 0 or -ENOMEM. */
int writ_store_regex(struct writ_reader *reader, struct writ_policy_store *store, const char *text,
		     regex_t **ret_regex);

/* Reads a pattern and compiles it; the store frees it. Results as all readers (reader.h). */
int writ_store_read_regex(struct writ_reader *reader, const struct writ_yaml_node *value,
			  const char *what, struct writ_policy_store *store, const char **ret_text,
			  regex_t **ret_regex);

#endif
