/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policy on disk -> policy in force. Everything that can fail comes before the first store that a
 * hook can see; then agents and cgroup patterns are published (publish.c) and existing cgroups
 * enrolled; then what the kernel holds is read back and enforcement proven; grants that the new
 * policy does not give are revoked. Only then is it called applied.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile/image_match.h"
#include "daemon/daemon.h"
#include "daemon/publish.h"
#include "kernel/canary.h"
#include "kernel/enrol.h"
#include "kernel/grants.h"
#include "lib/cleanup.h"
#include "lib/log.h"

#define CATCH_UP_MS 500 /* for the log, before names change; without it a line says null */

static void log_diagnostics(const struct writ_diagnostics *diags)
{
	char line[1536];

	for (size_t i = 0; i < writ_diagnostics_lines(diags); i++) {
		(void)writ_diagnostics_format(diags, i, line, sizeof(line));
		/* the line says itself whether it is an error or a warning */
		writ_info("%s", line);
	}
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

/* Is every link attached, and is what the kernel holds what was meant? Then: does it refuse? */
static int prove(struct writ_daemon *daemon, const struct writ_publication *publication)
{
	const char *what = "the proof could not be made";
	int err = writ_publish_read_back(publication);

	if (!err && daemon->options.no_attach)
		return 0; /* it is called applied and never enforced: see unattached.h */
	if (!err && writ_kernel_count_links() != writ_kernel_count_programs(daemon->kernel))
		err = -EIO;
	if (err)
		return writ_log_errno(err, "the kernel does not hold what was written to it");
	err = writ_canary_prove(daemon->kernel, &what);
	return err ? writ_log_errno(err, "enforcement is not proven: %s", what) : 0;
}

static int publish(struct writ_daemon *daemon, struct writ_publication *publication)
{
	struct writ_kernel *kernel = daemon->kernel;
	uint32_t bound = 0;
	int err;

	/* before it is published: who is suspended has not a moment of its role */
	writ_gate_publish(daemon, publication->policy, publication->agent_index);
	err = writ_publish_commit(publication);

	if (err)
		return writ_log_errno(err, "publish the policy");
	err = writ_enrol_existing(kernel, daemon->cgroup_root, match_cgroup, kernel, &bound);
	if (err)
		return writ_log_errno(err, "enrol the cgroups below %s", daemon->cgroup_root);
	err = prove(daemon, publication);
	if (!err)
		kernel->node->generation++;
	return err;
}

/* The policy that is in force from now on. */
static void adopt(struct writ_daemon *daemon, struct writ_policy *policy, uint32_t *agent_index)
{
	writ_apply_free(daemon);
	daemon->policy = policy;
	daemon->agent_index = agent_index;
	writ_audit_policy(daemon);
	writ_forward_policy(daemon);
}

/* Is there still an agent, a playbook, and a role that may use it? */
static bool is_given(const struct writ_policy *policy, const struct writ_grant_info *info)
{
	const struct writ_policy_agent *agent = writ_policy_agent(policy, info->agent_name);

	return agent && writ_policy_playbook(policy, info->playbook) &&
	       writ_policy_may_use(agent->role, info->playbook);
}

/* A live grant that the policy in force would not give to anybody ends with it. */
static void withdraw(void *context, const struct writ_grant_info *info,
		     enum writ_grant_state state)
{
	struct writ_daemon *daemon = context;
	struct writ_grant_info ended;

	(void)state;
	if (is_given(daemon->policy, info) ||
	    writ_ends_end(daemon, info->id, WRIT_END_REVOKED, "policy", &ended))
		return;
	writ_info("grant %llu (%s for %s) is revoked: the policy gives it no more",
		  (unsigned long long)info->id, info->playbook, info->agent_name);
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
	_cleanup_(writ_policy_freep) struct writ_policy *policy = NULL;
	_cleanup_(writ_publish_free) struct writ_publication publication = {0};
	int err = writ_policy_load(&daemon->options.policy, 1, &diags, &policy);

	publication.kernel = daemon->kernel;
	publication.policy = policy;
	if (!err)
		err = writ_strict_check(daemon->kernel, policy);
	if (!err)
		err = writ_sandbox_check(&daemon->sandbox, policy);
	if (!err)
		err = writ_publish_prepare(&publication, &diags);
	log_diagnostics(&diags);
	if (err) {
		writ_error("policy %s refused (%zu errors)", daemon->options.policy, diags.errors);
		return err;
	}
	/* names in what waits refer to images that this policy replaces */
	(void)writ_audit_catch_up(daemon, CATCH_UP_MS);
	err = publish(daemon, &publication);
	if (publication.committed) { /* it is what the hooks have, proven or not */
		adopt(daemon, take_ptr(policy), take_ptr(publication.agent_index));
		writ_grants_each(daemon->kernel, 0, withdraw, daemon);
		writ_instances_scan(daemon);
	}
	if (!err)
		tell_applied(daemon);
	else if (publication.committed)
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
