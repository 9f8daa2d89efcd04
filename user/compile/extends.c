/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See extends.h. From each role a search in breadth, at most WRIT_EXTENDS_MAX roles far; a way back
 * to where it began is a circle, which the first of its roles reports.
 */
#include "compile/extends.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/cleanup.h"

#define CIRCLE_TEXT 512

struct search {
	struct writ_policy_store *store;
	struct writ_diagnostics *diags;
	const struct writ_policy_role *found[WRIT_EXTENDS_MAX + 1];
	size_t from[WRIT_EXTENDS_MAX + 1]; /* who extends it: place in `found` */
	size_t n;
	uint32_t *stamps; /* of each playbook: the role, and 1, that has it already */
	size_t inherited; /* playbooks, in the whole policy */
};

static bool has(const struct search *search, const struct writ_policy_role *role)
{
	for (size_t i = 0; i < search->n; i++)
		if (search->found[i] == role)
			return true;
	return false;
}

/* found[@last] extends the role where the search began. */
static int report_circle(struct search *search, size_t last, const struct writ_position *at)
{
	const struct writ_policy_role *first = search->found[0];
	char text[CIRCLE_TEXT];
	size_t path[WRIT_EXTENDS_MAX + 1], n = 0, used = 0;

	for (size_t i = last; i; i = search->from[i]) {
		if (search->found[i] < first)
			return -EINVAL; /* that one reports it */
		path[n++] = i;
	}
	text[0] = '\0';
	while (n-- && used < sizeof(text))
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s -> ",
					 search->found[path[n]]->name);
	return writ_diagnostics_error(search->diags, at, "roles extend each other: %s -> %s%s",
				      first->name, text, first->name);
}

static int visit(struct search *search, size_t place)
{
	const struct writ_policy_role *role = search->found[place];

	for (size_t i = 0; i < role->n_extends; i++) {
		const struct writ_policy_role *next =
			writ_index_find(&search->store->role_index, role->extends[i]);

		if (next == search->found[0])
			return report_circle(search, place, &role->extends_at[i]);
		if (!next || has(search, next))
			continue;
		if (search->n > WRIT_EXTENDS_MAX)
			return writ_diagnostics_error(search->diags, &search->found[0]->at,
						      "Role \"%s\" extends more than %u roles",
						      search->found[0]->name, WRIT_EXTENDS_MAX);
		search->from[search->n] = place;
		search->found[search->n++] = next;
	}
	return 0;
}

/* The playbooks of the whole lineage, each once; a role's own first. */
static int inherit_playbooks(struct search *search, struct writ_policy_role *role, uint32_t stamp,
			     const char **names, struct writ_position *positions)
{
	const struct writ_policy_store *store = search->store;
	size_t n = 0;

	for (size_t l = 0; l < search->n; l++) {
		const struct writ_policy_role *from = search->found[l];

		for (size_t i = 0; i < from->n_playbooks; i++) {
			const struct writ_policy_playbook *playbook =
				writ_index_find(&store->playbook_index, from->playbooks[i]);

			if (!playbook || search->stamps[playbook - store->playbooks] == stamp)
				continue;
			search->stamps[playbook - store->playbooks] = stamp;
			names[n] = from->playbooks[i];
			positions[n++] = from->playbooks_at[i];
		}
	}
	role->playbooks = names;
	role->playbooks_at = positions;
	role->n_playbooks = n;
	return 0;
}

/* What limits any of the lineage limits @role, as a deny does. */
static void limit(struct writ_policy_role *role, const struct writ_policy_role *from)
{
	if (from->ttl_max_ns && (!role->ttl_max_ns || from->ttl_max_ns < role->ttl_max_ns))
		role->ttl_max_ns = from->ttl_max_ns;
	if (from->risk < role->risk)
		role->risk = from->risk;
}

static int inherit(struct search *search, struct writ_policy_role *role)
{
	struct writ_arena *arena = &search->store->arena;
	const struct writ_policy_role **lineage =
		writ_arena_array(arena, search->n, sizeof(*lineage));
	struct writ_position *positions;
	const char **names;
	size_t most = 0;

	if (!lineage)
		return -ENOMEM;
	for (size_t i = 0; i < search->n; i++) {
		lineage[i] = search->found[i];
		role->uses_agent = role->uses_agent || lineage[i]->uses_agent;
		role->uses_environment = role->uses_environment || lineage[i]->uses_environment;
		limit(role, lineage[i]);
		most += lineage[i]->n_playbooks;
	}
	role->lineage = lineage;
	role->n_lineage = search->n;
	if (search->n == 1)
		return 0;
	search->inherited += most;
	if (search->inherited > WRIT_INHERITED_MAX)
		return writ_diagnostics_error(search->diags, &role->at,
					      "the roles of this policy inherit more than %u "
					      "playbooks",
					      WRIT_INHERITED_MAX);
	names = writ_arena_array(arena, most, sizeof(*names));
	positions = writ_arena_array(arena, most, sizeof(*positions));
	if (!names || !positions)
		return -ENOMEM;
	return inherit_playbooks(search, role, (uint32_t)(role - search->store->roles) + 1, names,
				 positions);
}

int writ_extends_resolve(struct writ_policy_store *store, struct writ_diagnostics *diags)
{
	_cleanup_free_ uint32_t *stamps = calloc(store->n_playbooks + 1, sizeof(*stamps));
	struct search search = {.store = store, .diags = diags, .stamps = stamps};
	int err = stamps ? 0 : -ENOMEM;

	for (size_t i = 0; i < store->n_roles && err != -ENOMEM; i++) {
		search.found[0] = &store->roles[i];
		search.n = 1;
		err = 0;
		for (size_t place = 0; place < search.n && !err; place++)
			err = visit(&search, place);
		if (!err)
			err = inherit(&search, &store->roles[i]);
	}
	return err == -ENOMEM ? err : 0;
}
