/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See publish.h. Placing comes before publishing, so a policy that does not fit leaves no trace;
 * what was published before is taken back once no agent refers to it.
 */
#include "daemon/publish.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "compile/cgroups.h"
#include "compile/image_check.h"
#include "compile/role.h"
#include "kernel/agents.h"
#include "kernel/arena.h"
#include "lib/cleanup.h"
#include "lib/log.h"

void writ_publish_free(struct writ_publication *pub)
{
	const struct writ_policy *policy = pub->policy;

	if (!pub->committed && pub->roles) {
		(void)writ_arena_retire(pub->kernel, pub->roles,
					policy->n_roles + policy->n_agents);
		(void)writ_arena_retire(pub->kernel, &pub->cgroups, 1);
	}
	free(pub->roles);
	free(pub->agent_index);
}

static int place(struct writ_kernel *kernel, const struct writ_blob *image, const char *what,
		 uint64_t *ret_ref)
{
	const char *why = "";
	int err = writ_image_check(image->bytes, image->size, &why);

	if (err)
		return writ_log_errno(err, "image of %s is not sound: %s", what, why);
	err = writ_arena_place(kernel, image->bytes, image->size, ret_ref);
	if (err)
		return writ_log_errno(err,
				      "no room for %s in the kernel's tables (%u MiB); "
				      "fewer rules, or fewer roles",
				      what, WRIT_TABLES_SIZE >> 20);
	return 0;
}

/* Do agents share the role's image? */
static bool is_shared(const struct writ_policy *policy, const struct writ_policy_role *role)
{
	for (size_t i = 0; i < policy->n_agents; i++)
		if (policy->agents[i].role == role)
			return !writ_role_varies(role);
	return false;
}

/*
 * Every role must compile. One that no agent has, because others extend it, is not placed: no
 * agent's entry would refer to its image, and so nothing would ever retire it.
 */
static int place_role(struct writ_publication *pub, size_t index, struct writ_diagnostics *diags)
{
	const struct writ_policy_role *role = &pub->policy->roles[index];
	_cleanup_(writ_blob_free) struct writ_blob image = {0};
	int err = writ_role_compile(pub->policy, role, diags, &image);

	if (err || !is_shared(pub->policy, role))
		return err;
	return place(pub->kernel, &image, role->name, &pub->roles[index]);
}

/* An agent whose role says something else for each agent has an image of its own. */
static int place_agent(struct writ_publication *pub, size_t index, struct writ_diagnostics *diags)
{
	const struct writ_policy_agent *agent = &pub->policy->agents[index];
	_cleanup_(writ_blob_free) struct writ_blob image = {0};
	int err;

	if (!writ_role_varies(agent->role))
		return 0;
	err = writ_role_compile_agent(agent, diags, &image);
	return err ? err
		   : place(pub->kernel, &image, agent->name,
			   &pub->roles[pub->policy->n_roles + index]);
}

/* The reference of agent number @index of the policy. */
static uint64_t role_of(const struct writ_publication *pub, size_t index)
{
	const struct writ_policy *policy = pub->policy;
	const struct writ_policy_role *role = policy->agents[index].role;

	return pub->roles[writ_role_varies(role) ? policy->n_roles + index
						 : (size_t)(role - policy->roles)];
}

static int place_cgroups(struct writ_publication *pub, struct writ_diagnostics *diags)
{
	_cleanup_(writ_blob_free) struct writ_blob image = {0};
	int err = writ_cgroups_compile(pub->policy, pub->agent_index, diags, &image);

	return err ? err : place(pub->kernel, &image, "the agents' cgroups", &pub->cgroups);
}

static int reserve_agents(struct writ_publication *pub)
{
	const struct writ_policy *policy = pub->policy;

	for (size_t i = 0; i < policy->n_agents; i++) {
		int err = writ_agents_reserve(pub->kernel, policy->agents[i].name,
					      &pub->agent_index[i]);

		if (err)
			return writ_log_errno(err, "agent %s: this node has had %u agents already",
					      policy->agents[i].name, WRIT_AGENTS_MAX - 2);
	}
	return 0;
}

int writ_publish_prepare(struct writ_publication *pub, struct writ_diagnostics *diags)
{
	const struct writ_policy *policy = pub->policy;
	int err = 0;

	pub->agent_index = calloc(policy->n_agents + 1, sizeof(*pub->agent_index));
	pub->roles = calloc(policy->n_roles + policy->n_agents + 1, sizeof(*pub->roles));
	if (!pub->agent_index || !pub->roles)
		return -ENOMEM;
	for (size_t i = 0; i < policy->n_roles && !err; i++)
		err = place_role(pub, i, diags);
	for (size_t i = 0; i < policy->n_agents && !err; i++)
		err = place_agent(pub, i, diags);
	if (!err)
		err = reserve_agents(pub);
	return err ? err : place_cgroups(pub, diags);
}

static size_t agent_of(const struct writ_publication *pub, uint32_t index)
{
	size_t i = 0;

	while (i < pub->policy->n_agents && pub->agent_index[i] != index)
		i++;
	return i;
}

/* Publishes every agent's entry, also of those that policy has no more. Fills @ret_old. */
static size_t publish_agents(struct writ_publication *pub, uint64_t *ret_old)
{
	const struct writ_policy *policy = pub->policy;
	struct writ_kernel *kernel = pub->kernel;
	size_t n = 0;

	for (uint32_t index = WRIT_AGENT_CANARY + 1;
	     index < WRIT_AGENTS_MAX && kernel->agents[index].name[0]; index++) {
		size_t i = agent_of(pub, index);
		uint64_t role = 0;
		const char *name = "";
		uint32_t mode = WRIT_MODE_ENFORCE;

		if (i < policy->n_agents) {
			role = role_of(pub, i);
			name = policy->agents[i].role->name;
			mode = policy->agents[i].mode;
		}
		writ_agents_publish(kernel, index, name, mode, role, &ret_old[n++]);
	}
	return n;
}

static int compare_refs(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

/* Several agents had the same role: each image goes once. */
static void retire_old(struct writ_kernel *kernel, uint64_t *refs, size_t n)
{
	qsort(refs, n, sizeof(*refs), compare_refs);
	for (size_t i = 1; i < n; i++)
		if (refs[i] == refs[i - 1])
			refs[i - 1] = 0;
	(void)writ_arena_retire(kernel, refs, n);
}

int writ_publish_commit(struct writ_publication *pub)
{
	_cleanup_free_ uint64_t *old = calloc(WRIT_AGENTS_MAX + 1, sizeof(*old));
	struct writ_kernel *kernel = pub->kernel;
	size_t n;

	if (!old)
		return -ENOMEM;
	pub->committed = true;
	n = publish_agents(pub, old);
	old[n++] = __atomic_exchange_n(&kernel->node->cgroup_image, pub->cgroups, __ATOMIC_ACQ_REL);
	if (pub->policy->node)
		(void)snprintf(kernel->node->environment, WRIT_NAME_SIZE, "%s",
			       pub->policy->node->environment);
	retire_old(kernel, old, n);
	return 0;
}

int writ_publish_read_back(const struct writ_publication *pub)
{
	const struct writ_policy *policy = pub->policy;
	const struct writ_kernel *kernel = pub->kernel;
	struct writ_node node;
	uint32_t zero = 0;

	if (bpf_map_lookup_elem(kernel->map_fds[WRIT_MAP_node], &zero, &node) ||
	    node.cgroup_image != pub->cgroups)
		return -EIO;
	for (size_t i = 0; i < policy->n_agents; i++) {
		struct writ_agent agent;

		if (bpf_map_lookup_elem(kernel->map_fds[WRIT_MAP_agents], &pub->agent_index[i],
					&agent) ||
		    agent.state == WRIT_AGENT_FREE || agent.role != role_of(pub, i))
			return -EIO;
	}
	return 0;
}
