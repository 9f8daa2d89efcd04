/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policy on disk -> policy in force. Everything that can fail comes before the first store that a
 * hook can see; then agents, cgroup patterns and existing cgroups are published; then what the
 * kernel holds is read back and enforcement proven. Only then is it called applied.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "compile/cgroups.h"
#include "compile/image_check.h"
#include "compile/image_match.h"
#include "compile/role.h"
#include "daemon/daemon.h"
#include "kernel/agents.h"
#include "kernel/arena.h"
#include "kernel/canary.h"
#include "kernel/enrol.h"
#include "lib/cleanup.h"
#include "lib/log.h"

/* A policy on its way: what is placed is taken back unless `published`. */
struct applying {
	struct writ_policy *policy;
	uint32_t *agent_index;
	uint64_t *
		roles; /* of each role of the policy; behind them, of each agent whose own varies */
	uint64_t cgroups;
	struct writ_kernel *kernel;
	bool published;
};

static void applying_free(struct applying *applying)
{
	if (!applying->published && applying->roles) {
		(void)writ_arena_retire(applying->kernel, applying->roles,
					applying->policy->n_roles + applying->policy->n_agents);
		(void)writ_arena_retire(applying->kernel, &applying->cgroups, 1);
	}
	free(applying->roles);
	free(applying->agent_index);
	writ_policy_free(applying->policy);
}

static void log_diagnostics(const struct writ_diagnostics *diags)
{
	char line[1536];

	for (size_t i = 0; i < writ_diagnostics_lines(diags); i++) {
		(void)writ_diagnostics_format(diags, i, line, sizeof(line));
		/* the line says itself whether it is an error or a warning */
		writ_info("%s", line);
	}
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
static int place_role(struct applying *applying, size_t index, struct writ_diagnostics *diags)
{
	const struct writ_policy_role *role = &applying->policy->roles[index];
	_cleanup_(writ_blob_free) struct writ_blob image = {0};
	int err = writ_role_compile(applying->policy, role, diags, &image);

	if (err || !is_shared(applying->policy, role))
		return err;
	return place(applying->kernel, &image, role->name, &applying->roles[index]);
}

/* An agent whose role says something else for each agent has an image of its own. */
static int place_agent(struct applying *applying, size_t index, struct writ_diagnostics *diags)
{
	const struct writ_policy_agent *agent = &applying->policy->agents[index];
	_cleanup_(writ_blob_free) struct writ_blob image = {0};
	int err;

	if (!writ_role_varies(agent->role))
		return 0;
	err = writ_role_compile_agent(agent, diags, &image);
	return err ? err
		   : place(applying->kernel, &image, agent->name,
			   &applying->roles[applying->policy->n_roles + index]);
}

/* The reference of agent number @index of the policy. */
static uint64_t role_of(const struct applying *applying, size_t index)
{
	const struct writ_policy *policy = applying->policy;
	const struct writ_policy_role *role = policy->agents[index].role;

	return applying->roles[writ_role_varies(role) ? policy->n_roles + index
						      : (size_t)(role - policy->roles)];
}

static int place_cgroups(struct applying *applying, struct writ_diagnostics *diags)
{
	_cleanup_(writ_blob_free) struct writ_blob image = {0};
	int err = writ_cgroups_compile(applying->policy, applying->agent_index, diags, &image);

	return err ? err
		   : place(applying->kernel, &image, "the agents' cgroups", &applying->cgroups);
}

static int reserve_agents(struct applying *applying)
{
	const struct writ_policy *policy = applying->policy;

	for (size_t i = 0; i < policy->n_agents; i++) {
		int err = writ_agents_reserve(applying->kernel, policy->agents[i].name,
					      &applying->agent_index[i]);

		if (err)
			return writ_log_errno(err, "agent %s: this node has had %u agents already",
					      policy->agents[i].name, WRIT_AGENTS_MAX - 2);
	}
	return 0;
}

/* Everything that can fail without a trace. */
static int prepare(struct applying *applying, struct writ_diagnostics *diags)
{
	int err = 0;

	applying->agent_index = calloc(applying->policy->n_agents + 1, sizeof(uint32_t));
	applying->roles = calloc(applying->policy->n_roles + applying->policy->n_agents + 1,
				 sizeof(uint64_t));
	if (!applying->agent_index || !applying->roles)
		return -ENOMEM;
	for (size_t i = 0; i < applying->policy->n_roles && !err; i++)
		err = place_role(applying, i, diags);
	for (size_t i = 0; i < applying->policy->n_agents && !err; i++)
		err = place_agent(applying, i, diags);
	if (!err)
		err = reserve_agents(applying);
	return err ? err : place_cgroups(applying, diags);
}

static size_t agent_of(const struct applying *applying, uint32_t index)
{
	size_t i = 0;

	while (i < applying->policy->n_agents && applying->agent_index[i] != index)
		i++;
	return i;
}

/* Publishes every agent's entry, also of those that policy has no more. Fills @ret_old. */
static size_t publish_agents(struct applying *applying, uint64_t *ret_old)
{
	const struct writ_policy *policy = applying->policy;
	struct writ_kernel *kernel = applying->kernel;
	size_t n = 0;

	for (uint32_t index = WRIT_AGENT_CANARY + 1;
	     index < WRIT_AGENTS_MAX && kernel->agents[index].name[0]; index++) {
		size_t i = agent_of(applying, index);
		uint64_t role = 0;
		const char *name = "";
		uint32_t mode = WRIT_MODE_ENFORCE;

		if (i < policy->n_agents) {
			role = role_of(applying, i);
			name = policy->agents[i].role->name;
			mode = policy->agents[i].mode;
		}
		writ_agents_publish(kernel, index, name, mode, role, &ret_old[n++]);
	}
	return n;
}

static uint32_t match_cgroup(void *context, const char *path)
{
	const struct writ_kernel *kernel = context;
	uint32_t image = WRIT_REF_OFFSET(kernel->node->cgroup_image), accept, deny, allow;

	if (writ_image_match(kernel->tables, image, path, strlen(path), &accept))
		return 0;
	writ_match_bits(kernel->tables, image, accept, &allow, &deny);
	return allow;
}

/* Is what the kernel holds what was meant? Read by syscall, not through our own memory. */
static int read_back(const struct applying *applying)
{
	const struct writ_policy *policy = applying->policy;
	const struct writ_kernel *kernel = applying->kernel;
	struct writ_node node;
	uint32_t zero = 0;

	if (bpf_map_lookup_elem(kernel->map_fds[WRIT_MAP_node], &zero, &node) ||
	    node.cgroup_image != applying->cgroups)
		return -EIO;
	for (size_t i = 0; i < policy->n_agents; i++) {
		struct writ_agent agent;

		if (bpf_map_lookup_elem(kernel->map_fds[WRIT_MAP_agents], &applying->agent_index[i],
					&agent) ||
		    agent.state == WRIT_AGENT_FREE || agent.role != role_of(applying, i))
			return -EIO;
	}
	return writ_kernel_count_links() == writ_kernel_count_programs(kernel) ? 0 : -EIO;
}

static int prove(struct writ_daemon *daemon, const struct applying *applying)
{
	const char *what = "the proof could not be made";
	int err = read_back(applying);

	if (err)
		return writ_log_errno(err, "the kernel does not hold what was written to it");
	err = writ_canary_prove(daemon->kernel, &what);
	return err ? writ_log_errno(err, "enforcement is not proven: %s", what) : 0;
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

static int publish(struct writ_daemon *daemon, struct applying *applying)
{
	_cleanup_free_ uint64_t *old = calloc(WRIT_AGENTS_MAX + 1, sizeof(*old));
	struct writ_kernel *kernel = daemon->kernel;
	uint32_t bound = 0;
	size_t n;
	int err;

	if (!old)
		return -ENOMEM;
	applying->published = true;
	n = publish_agents(applying, old);
	old[n++] = __atomic_exchange_n(&kernel->node->cgroup_image, applying->cgroups,
				       __ATOMIC_ACQ_REL);
	if (applying->policy->node)
		(void)snprintf(kernel->node->environment, WRIT_NAME_SIZE, "%s",
			       applying->policy->node->environment);
	retire_old(kernel, old, n); /* nothing refers to it, whatever follows */
	err = writ_enrol_existing(kernel, daemon->cgroup_root, match_cgroup, kernel, &bound);
	if (err)
		return writ_log_errno(err, "enrol the cgroups below %s", daemon->cgroup_root);
	err = prove(daemon, applying);
	if (!err)
		kernel->node->generation++;
	return err;
}

/* The policy that is in force from now on. */
static void adopt(struct writ_daemon *daemon, struct applying *applying)
{
	writ_apply_free(daemon);
	daemon->policy = take_ptr(applying->policy);
	daemon->agent_index = take_ptr(applying->agent_index);
}

static void tell_applied(const struct writ_daemon *daemon)
{
	writ_info("applied policy '%s': %zu agents, %zu roles, %zu playbooks, generation %llu",
		  daemon->options.policy, daemon->policy->n_agents, daemon->policy->n_roles,
		  daemon->policy->n_playbooks,
		  (unsigned long long)daemon->kernel->node->generation);
}

int writ_apply_policy(struct writ_daemon *daemon)
{
	_cleanup_(writ_diagnostics_free) struct writ_diagnostics diags = {0};
	_cleanup_(applying_free) struct applying applying = {.kernel = daemon->kernel};
	int err = writ_policy_load(&daemon->options.policy, 1, &diags, &applying.policy);

	if (!err)
		err = writ_strict_check(daemon->kernel, applying.policy);
	if (!err)
		err = prepare(&applying, &diags);
	log_diagnostics(&diags);
	if (err) {
		writ_error("policy %s refused (%zu errors)", daemon->options.policy, diags.errors);
		return err;
	}
	err = publish(daemon, &applying);
	if (applying.published)
		adopt(daemon, &applying); /* it is what the hooks have, proven or not */
	if (!err)
		tell_applied(daemon);
	else if (applying.published)
		writ_error("policy '%s' is in the kernel, and it is not proven that it is enforced",
			   daemon->options.policy);
	return err;
}

void writ_apply_free(struct writ_daemon *daemon)
{
	writ_policy_free(daemon->policy);
	free(daemon->agent_index);
	daemon->policy = NULL;
	daemon->agent_index = NULL;
}
