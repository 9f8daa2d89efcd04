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
		writ_agents_release(pub->kernel, pub->agents_end);
	}
	free(pub->roles);
	free(pub->agent_at);
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

/*
 * Every role must compile. One that no agent has, because others extend it, is not placed: no
 * agent's entry would refer to its image, and so nothing would ever retire it.
 */
static int place_role(struct writ_publication *pub, size_t index, bool used,
		      struct writ_diagnostics *diags)
{
	const struct writ_policy_role *role = &pub->policy->roles[index];
	_cleanup_(writ_blob_free) struct writ_blob image = {0};
	int err = writ_role_compile(pub->policy, role, diags, &image);

	if (err || !used || writ_role_varies(role))
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

static int place_roles(struct writ_publication *pub, struct writ_diagnostics *diags)
{
	const struct writ_policy *policy = pub->policy;
	_cleanup_free_ bool *used = calloc(policy->n_roles + 1, sizeof(*used));
	int err = used ? 0 : -ENOMEM;

	for (size_t i = 0; i < policy->n_agents && !err; i++)
		used[policy->agents[i].role - policy->roles] = true;
	for (size_t i = 0; i < policy->n_roles && !err; i++)
		err = place_role(pub, i, used[i], diags);
	for (size_t i = 0; i < policy->n_agents && !err; i++)
		err = place_agent(pub, i, diags);
	return err;
}

static int reserve_agents(struct writ_publication *pub)
{
	const struct writ_policy *policy = pub->policy;

	for (size_t i = 0; i < policy->n_agents; i++) {
		int err = writ_agents_reserve(pub->kernel, policy->agents[i].name,
					      &pub->agent_index[i]);

		if (err == -ENOSPC)
			return writ_log_errno(
				err,
				"agent %s: this node has an entry for each of its %u "
				"agents, past ones too; 'writd --unload' forgets them",
				policy->agents[i].name, WRIT_AGENTS_MAX - 2);
		if (err)
			return writ_log_errno(err, "agent %s", policy->agents[i].name);
		pub->agent_at[pub->agent_index[i]] = (uint32_t)i + 1;
	}
	return 0;
}

int writ_publish_prepare(struct writ_publication *pub, struct writ_diagnostics *diags)
{
	const struct writ_policy *policy = pub->policy;
	int err;

	pub->agents_end = writ_agents_end(pub->kernel);
	pub->agent_index = calloc(policy->n_agents + 1, sizeof(*pub->agent_index));
	pub->agent_at = calloc(WRIT_AGENTS_MAX, sizeof(*pub->agent_at));
	pub->roles = calloc(policy->n_roles + policy->n_agents + 1, sizeof(*pub->roles));
	if (!pub->agent_index || !pub->agent_at || !pub->roles)
		return -ENOMEM;
	err = place_roles(pub, diags);
	if (!err)
		err = reserve_agents(pub);
	return err ? err : place_cgroups(pub, diags);
}

/* Publishes every agent's entry, also of those that policy has no more. Fills @ret_old. */
static size_t publish_agents(struct writ_publication *pub, uint64_t *ret_old)
{
	const struct writ_policy *policy = pub->policy;
	uint32_t end = writ_agents_end(pub->kernel);
	size_t n = 0;

	for (uint32_t index = WRIT_AGENT_CANARY + 1; index < end; index++) {
		uint32_t at = pub->agent_at[index];
		const struct writ_policy_agent *agent = at ? &policy->agents[at - 1] : NULL;

		writ_agents_publish(pub->kernel, index, agent ? agent->role->name : "",
				    agent ? agent->mode : WRIT_MODE_ENFORCE,
				    agent ? role_of(pub, at - 1) : 0, &ret_old[n++]);
	}
	return n;
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
	(void)writ_arena_retire(kernel, old, n); /* what several agents had goes once */
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
