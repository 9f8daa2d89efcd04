/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See cgroups.h. Whose cgroup is it must have one answer: a state that accepts two agents is an
 * error. And no pattern may take in what the host itself runs in, because processes that are
 * nobody's are never denied.
 */
#include "compile/cgroups.h"

#include <errno.h>
#include <string.h>

#include "compile/image_match.h"
#include "compile/ruleset.h"
#include "lib/cleanup.h"

/* Cgroups of a host under systemd that no agent's pattern may match. */
static const char *const host_cgroups[] = {
	"/",
	"/init.scope",
	"/system.slice",
	"/user.slice",
	"/machine.slice",
	"/system.slice/dbus.service",
	"/system.slice/ssh.service",
	"/system.slice/systemd-journald.service",
	"/system.slice/systemd-udevd.service",
	"/system.slice/writd.service",
	"/user.slice/user-0.slice",
	"/user.slice/user-1000.slice/session-1.scope",
};

static const struct writ_accept *accepts_of(const struct writ_image *image)
{
	return (const void *)((const char *)image + image->accepts);
}

/* Image rule i is the pattern of agent i. */
static uint32_t agent_of(const struct writ_image *image, const struct writ_accept *accept,
			 uint32_t place)
{
	const __u32 *rules = (const void *)((const char *)image + image->accept_rules);

	return rules[accept->first + place];
}

static int check_ambiguous(const struct writ_policy *policy, const struct writ_image *image,
			   struct writ_diagnostics *diags)
{
	int err = 0;

	for (uint32_t i = 0; i < image->n_accepts; i++) {
		const struct writ_accept *accept = &accepts_of(image)[i];
		const struct writ_policy_agent *first, *second;

		if (accept->count < 2)
			continue;
		first = &policy->agents[agent_of(image, accept, 0)];
		second = &policy->agents[agent_of(image, accept, 1)];
		err = writ_diagnostics_error(
			diags, &second->cgroup_at,
			"cgroup \"%.128s\" of agent %s can match the same cgroup as \"%.128s\" of "
			"agent %s (%s:%u:%u); make the patterns exclude each other",
			second->cgroup, second->name, first->cgroup, first->name,
			first->cgroup_at.file, first->cgroup_at.line, first->cgroup_at.column);
	}
	return err;
}

static int check_host(const struct writ_policy *policy, const struct writ_blob *blob,
		      struct writ_diagnostics *diags)
{
	_cleanup_(writ_tables_freep) struct writ_tables *tables = writ_tables_new();
	int err = 0;

	if (!tables || writ_tables_place(tables, 0, blob))
		return -ENOMEM;
	for (size_t i = 0; i < sizeof(host_cgroups) / sizeof(host_cgroups[0]); i++) {
		const struct writ_image *image = blob->bytes;
		const struct writ_policy_agent *agent;
		__u32 accept = 0;

		(void)writ_image_match(tables, 0, host_cgroups[i], strlen(host_cgroups[i]),
				       &accept);
		if (!accepts_of(image)[accept].count)
			continue;
		agent = &policy->agents[agent_of(image, &accepts_of(image)[accept], 0)];
		err = writ_diagnostics_error(diags, &agent->cgroup_at,
					     "cgroup \"%.128s\" matches %s, the host's own; name a "
					     "cgroup that only the agent runs in",
					     agent->cgroup, host_cgroups[i]);
	}
	return err;
}

int writ_cgroups_compile(const struct writ_policy *policy, const uint32_t *agent_index,
			 struct writ_diagnostics *diags, struct writ_blob *ret_image)
{
	_cleanup_(writ_ruleset_free) struct writ_ruleset set = {0};
	_cleanup_(writ_blob_free) struct writ_blob image = {0};
	int err = 0;

	writ_ruleset_init(&set, NULL, diags);
	for (size_t i = 0; i < policy->n_agents && !err; i++)
		err = writ_ruleset_add_agent(&set, &policy->agents[i],
					     agent_index ? agent_index[i] : (uint32_t)i + 1);
	if (!err)
		err = writ_ruleset_build(&set, "the cgroup patterns of all agents", NULL, &image);
	if (!err)
		err = check_ambiguous(policy, image.bytes, diags);
	if (!err)
		err = check_host(policy, &image, diags);
	if (err)
		return err;
	*ret_image = image;
	image = (struct writ_blob){0};
	return 0;
}
