/* SPDX-License-Identifier: Apache-2.0 */
/* See links.h. */
#include "compile/links.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile/extends.h"
#include "compile/sets.h"
#include "compile/terms.h"
#include "lib/cleanup.h"

static int build_indices(struct writ_policy_store *store)
{
	if (writ_index_build(&store->role_index, store->roles, store->n_roles,
			     sizeof(*store->roles)) ||
	    writ_index_build(&store->playbook_index, store->playbooks, store->n_playbooks,
			     sizeof(*store->playbooks)) ||
	    writ_index_build(&store->agent_index, store->agents, store->n_agents,
			     sizeof(*store->agents)) ||
	    writ_index_build(&store->set_index, store->sets, store->n_sets, sizeof(*store->sets)))
		return -ENOMEM;
	return 0;
}

static const void *resolve(const struct writ_index *index, const char *kind, const char *name,
			   const struct writ_position *at, struct writ_diagnostics *diags)
{
	const void *found = writ_index_find(index, name);

	if (!found)
		(void)writ_index_missing(index, kind, name, at, diags);
	return found;
}

static void resolve_role(const struct writ_policy_store *store, const struct writ_policy_role *role,
			 struct writ_diagnostics *diags)
{
	for (size_t i = 0; i < role->n_playbooks; i++)
		(void)resolve(&store->playbook_index, "Playbook", role->playbooks[i],
			      &role->playbooks_at[i], diags);
	for (size_t i = 0; i < role->n_extends; i++)
		(void)resolve(&store->role_index, "Role", role->extends[i], &role->extends_at[i],
			      diags);
}

static void resolve_environment(const struct writ_policy_store *store,
				struct writ_policy_agent *agent, struct writ_diagnostics *diags)
{
	const struct writ_policy_node *node = store->n_nodes ? &store->nodes[0] : NULL;

	if (!node)
		return;
	if (!*agent->environment)
		agent->environment = node->environment;
	else if (strcmp(agent->environment, node->environment))
		(void)writ_diagnostics_error(
			diags, &agent->environment_at,
			"environment \"%s\" is not the node's, \"%s\" (%s:%u:%u)",
			agent->environment, node->environment, node->at.file, node->at.line,
			node->at.column);
}

/* Does a playbook of the role name {environment}? */
static bool playbooks_need_environment(const struct writ_policy_store *store,
				       const struct writ_policy_role *role)
{
	for (size_t i = 0; i < role->n_playbooks; i++) {
		const struct writ_policy_playbook *playbook =
			writ_index_find(&store->playbook_index, role->playbooks[i]);

		if (playbook && playbook->uses_environment)
			return true;
	}
	return false;
}

static void check_playbooks(const struct writ_policy_store *store,
			    const struct writ_policy_agent *agent, struct writ_diagnostics *diags)
{
	const struct writ_policy_role *role = agent->role;

	for (size_t i = 0; i < role->n_playbooks; i++) {
		const struct writ_policy_playbook *playbook =
			writ_index_find(&store->playbook_index, role->playbooks[i]);

		if (playbook && playbook->uses_environment)
			(void)writ_diagnostics_error(
				diags, &agent->at,
				"agent \"%s\" has no environment, and playbook %s names "
				"{environment} (%s:%u:%u); give it one, or the node",
				agent->name, playbook->name, playbook->at.file, playbook->at.line,
				playbook->at.column);
	}
}

/* {environment} needs one: an agent without would have rules with nothing in their place. */
static void check_environment(const struct writ_policy_store *store, const bool *needs,
			      const struct writ_policy_agent *agent, struct writ_diagnostics *diags)
{
	const struct writ_policy_role *role = agent->role;

	if (*agent->environment || !role)
		return;
	if (role->uses_environment)
		(void)writ_diagnostics_error(
			diags, &agent->at,
			"agent \"%s\" has no environment, and role %s names {environment} "
			"(%s:%u:%u); give it one, or the node",
			agent->name, role->name, role->at.file, role->at.line, role->at.column);
	if (needs[role - store->roles])
		check_playbooks(store, agent, diags);
}

/* A role's playbooks are looked through once, not for each of its agents. */
static int resolve_agents(struct writ_policy_store *store, struct writ_diagnostics *diags)
{
	_cleanup_free_ bool *needs = calloc(store->n_roles + 1, sizeof(*needs));

	if (!needs)
		return -ENOMEM;
	for (size_t i = 0; i < store->n_roles; i++)
		needs[i] = playbooks_need_environment(store, &store->roles[i]);
	for (size_t i = 0; i < store->n_agents; i++) {
		struct writ_policy_agent *agent = &store->agents[i];

		agent->role = resolve(&store->role_index, "Role", agent->role_name, &agent->role_at,
				      diags);
		check_environment(store, needs, agent, diags);
	}
	return 0;
}

/* What a playbook needs of the Node, and what it knows of its rules once sets are expanded. */
static void resolve_playbook(const struct writ_policy_store *store,
			     struct writ_policy_playbook *playbook, struct writ_diagnostics *diags)
{
	writ_terms_renumber(playbook);
	if (playbook->validates_ticket && (!store->n_nodes || !store->nodes[0].n_validator))
		(void)writ_diagnostics_error(diags, &playbook->ticket_at,
					     "ticket: playbook \"%s\" has tickets validated, and "
					     "no Node says by what; give it a ticket_validator",
					     playbook->name);
}

int writ_links_resolve(struct writ_policy_store *store, bool complete,
		       struct writ_diagnostics *diags)
{
	int err = build_indices(store);

	if (err)
		return err;
	writ_index_duplicates(&store->role_index, "Role", diags);
	writ_index_duplicates(&store->playbook_index, "Playbook", diags);
	writ_index_duplicates(&store->agent_index, "Agent", diags);
	writ_index_duplicates(&store->set_index, "Set", diags);
	for (size_t i = 0; i < store->n_agents; i++)
		resolve_environment(store, &store->agents[i], diags);
	for (size_t i = 0; i < store->n_roles && complete; i++)
		resolve_role(store, &store->roles[i], diags);
	err = writ_extends_resolve(store, diags);
	if (!err && complete)
		err = writ_sets_expand(store, diags);
	for (size_t i = 0; i < store->n_playbooks && !err && complete; i++)
		resolve_playbook(store, &store->playbooks[i], diags);
	if (!err && complete)
		err = resolve_agents(store, diags);
	return err;
}
