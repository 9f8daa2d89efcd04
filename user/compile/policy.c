/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See policy.h. Files are read in order, each to its end whatever is wrong with it; what they hold
 * is then linked, and becomes a policy only if there was no error at all.
 */
#include "compile/policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile/advice.h"
#include "compile/cgroups.h"
#include "compile/grant.h"
#include "compile/kinds.h"
#include "compile/links.h"
#include "compile/role.h"
#include "compile/source.h"
#include "lib/cleanup.h"

struct load {
	struct writ_reader reader;
	struct writ_policy_store *store;
	bool incomplete; /* a file could not be read to its end: names may be missing */
};

static void store_free(struct writ_policy_store *store)
{
	for (size_t i = 0; i < store->n_regexes; i++)
		regfree(store->regexes[i]);
	writ_index_free(&store->role_index);
	writ_index_free(&store->playbook_index);
	writ_index_free(&store->agent_index);
	writ_index_free(&store->set_index);
	free(store->roles);
	free(store->playbooks);
	free(store->agents);
	free(store->nodes);
	free(store->sets);
	free(store->regexes);
	writ_arena_free(&store->arena);
	free(store);
}

void writ_policy_free(struct writ_policy *policy)
{
	if (!policy)
		return;
	store_free(policy->store);
	free(policy);
}

void writ_policy_freep(struct writ_policy **policy)
{
	writ_policy_free(*policy);
}

static struct writ_policy *new_policy(void)
{
	struct writ_policy *policy = calloc(1, sizeof(*policy));
	struct writ_policy_store *store = calloc(1, sizeof(*store));

	if (!policy || !store) {
		free(policy);
		free(store);
		return NULL;
	}
	policy->store = store;
	return policy;
}

static int read_document(void *context, const struct writ_yaml_node *root)
{
	struct load *load = context;
	int err = writ_kinds_read(&load->reader, root, load->store);

	return err == -ENOMEM ? err : 0; /* -EINVAL was reported: go on with the next document */
}

static int read_file(struct load *load, const char *file)
{
	_cleanup_free_ char *bytes = NULL;
	size_t size = 0;
	int err = writ_source_read(file, load->reader.diags, &bytes, &size);

	if (err)
		return err;
	load->reader.file = file;
	return writ_yaml_read(file, bytes, size, load->reader.diags, read_document, load);
}

static int read_paths(const char *const *paths, size_t n_paths, struct load *load)
{
	_cleanup_(writ_source_list_free) struct writ_source_list list = {0};

	int err = 0;

	for (size_t i = 0; i < n_paths && err != -ENOMEM; i++)
		err = writ_reader_worse(err, writ_source_find(paths[i], &load->store->arena,
							      load->reader.diags, &list));
	for (size_t i = 0; i < list.count && err != -ENOMEM; i++)
		err = writ_reader_worse(err, read_file(load, list.files[i]));
	load->incomplete = err;
	return err == -ENOMEM ? err : 0;
}

static void publish(struct writ_policy *policy)
{
	const struct writ_policy_store *store = policy->store;

	policy->roles = store->roles;
	policy->n_roles = store->n_roles;
	policy->playbooks = store->playbooks;
	policy->n_playbooks = store->n_playbooks;
	policy->agents = store->agents;
	policy->n_agents = store->n_agents;
	policy->sets = store->sets;
	policy->n_sets = store->n_sets;
	policy->node = store->n_nodes ? &store->nodes[0] : NULL;
}

int writ_policy_load(const char *const *paths, size_t n_paths, struct writ_diagnostics *diags,
		     struct writ_policy **ret_policy)
{
	_cleanup_(writ_policy_freep) struct writ_policy *policy = new_policy();
	size_t errors = diags->errors;
	struct load load = {.reader = {.diags = diags}};
	int err;

	if (!policy)
		return -ENOMEM;
	load.store = policy->store;
	load.reader.arena = &policy->store->arena;
	err = read_paths(paths, n_paths, &load);
	if (!err)
		err = writ_links_resolve(policy->store, !load.incomplete, diags);
	writ_diagnostics_sort(diags);
	if (err)
		return err;
	if (diags->errors > errors)
		return -EINVAL;
	publish(policy);
	*ret_policy = take_ptr(policy);
	return 0;
}

int writ_policy_check(const struct writ_policy *policy, struct writ_diagnostics *diags)
{
	_cleanup_(writ_blob_free) struct writ_blob cgroups = {0};
	int err = 0;

	for (size_t i = 0; i < policy->n_roles && err != -ENOMEM; i++) {
		_cleanup_(writ_blob_free) struct writ_blob image = {0};

		err = writ_reader_worse(
			err, writ_role_compile(policy, &policy->roles[i], diags, &image));
	}
	for (size_t i = 0; i < policy->n_playbooks && err != -ENOMEM; i++)
		err = writ_reader_worse(err, writ_grant_check(&policy->playbooks[i], diags));
	if (err != -ENOMEM)
		err = writ_reader_worse(err, writ_cgroups_compile(policy, NULL, diags, &cgroups));
	if (!err)
		err = writ_advice_give(policy, diags);
	writ_diagnostics_sort(diags);
	return err;
}

const struct writ_policy_role *writ_policy_role(const struct writ_policy *policy, const char *name)
{
	return writ_index_find(&policy->store->role_index, name);
}

const struct writ_policy_playbook *writ_policy_playbook(const struct writ_policy *policy,
							const char *name)
{
	return writ_index_find(&policy->store->playbook_index, name);
}

const struct writ_policy_agent *writ_policy_agent(const struct writ_policy *policy,
						  const char *name)
{
	return writ_index_find(&policy->store->agent_index, name);
}

bool writ_policy_may_use(const struct writ_policy_role *role, const char *playbook)
{
	for (size_t i = 0; i < role->n_playbooks; i++)
		if (!strcmp(role->playbooks[i], playbook))
			return true;
	return false;
}
