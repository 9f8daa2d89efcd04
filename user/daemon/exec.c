/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `writ exec` must know of a grant: who holds it, where that agent's cgroup is, and which
 * environment its playbook names, by the policy in force.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/daemon.h"
#include "kernel/grants.h"
#include "lib/time.h"

struct search {
	uint64_t id;
	uint64_t now;
	uint64_t begins;
	uint32_t state; /* enum writ_grant_state; UINT32_MAX: the kernel has forgotten it */
};

static void compare(void *context, const struct writ_grant *grant,
		    const struct writ_grant_info *info)
{
	struct search *search = context;

	(void)info;
	if (grant->id != search->id)
		return;
	search->begins = grant->not_before;
	search->state = writ_answer_grant_state(grant, search->now);
}

static int refuse_state(const struct search *search, const struct writ_grant_info *info,
			char error[WRIT_ERROR_SIZE])
{
	unsigned long long id = info->id;
	char span[32];

	if (search->state == WRIT_GRANT_STATE_ACTIVE)
		return 0;
	if (search->state == WRIT_GRANT_STATE_PENDING) {
		writ_time_format(search->begins - search->now, span, sizeof(span));
		(void)snprintf(error, WRIT_ERROR_SIZE, "grant %llu begins in %s; try again then",
			       id, span);
		return -EAGAIN;
	}
	(void)snprintf(error, WRIT_ERROR_SIZE,
		       "grant %llu %s; 'writ grant %s --agent %s ...' issues a new one", id,
		       search->state == WRIT_GRANT_STATE_REVOKED   ? "was revoked"
		       : search->state == WRIT_GRANT_STATE_EXPIRED ? "has expired"
								   : "has ended",
		       info->playbook, info->agent_name);
	return -ESTALE;
}

static void fill(const struct writ_policy_agent *agent, const struct writ_policy_playbook *playbook,
		 struct writ_exec_row *row)
{
	size_t used = 0;

	(void)snprintf(row->agent, sizeof(row->agent), "%s", agent->name);
	(void)snprintf(row->cgroup, sizeof(row->cgroup), "%s", agent->cgroup);
	for (size_t i = 0; i < playbook->n_env; i++) { /* they fit: env.c has counted */
		size_t size = strlen(playbook->env[i].text) + 1;

		memcpy(row->env + used, playbook->env[i].text, size);
		used += size;
	}
	row->env_size = (uint32_t)used;
}

int writ_exec_fill(const struct writ_daemon *daemon, uint64_t id, struct writ_exec_row *row,
		   char error[WRIT_ERROR_SIZE])
{
	struct search search = {.id = id, .now = writ_time_boot(), .state = UINT32_MAX};
	const struct writ_policy_playbook *playbook;
	const struct writ_policy_agent *agent;
	struct writ_grant_info info;
	int err;

	if (!id || writ_grants_info(daemon->kernel, id, &info) || info.agent >= WRIT_AGENTS_MAX) {
		(void)snprintf(error, WRIT_ERROR_SIZE,
			       "no grant %llu; 'writ grants' lists those that live",
			       (unsigned long long)id);
		return -ENOENT;
	}
	writ_grants_each(daemon->kernel, info.agent, compare, &search);
	err = refuse_state(&search, &info, error);
	if (err)
		return err;
	agent = writ_policy_agent(daemon->policy, info.agent_name);
	playbook = writ_policy_playbook(daemon->policy, info.playbook);
	if (!agent || !playbook) { /* apply.c revokes such a grant: only if that has failed */
		(void)snprintf(error, WRIT_ERROR_SIZE,
			       "policy has no playbook %s for %s any more; 'writ revoke %llu' ends "
			       "the grant",
			       info.playbook, info.agent_name, (unsigned long long)id);
		return -ENOENT;
	}
	fill(agent, playbook, row);
	return 0;
}
