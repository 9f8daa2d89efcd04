/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `writ exec` must know of a grant: who holds it, in which cgroup, and which environment its
 * playbook names, by the policy in force. A grant of scope run has its run made here, and an
 * agent's process is moved into it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/daemon.h"
#include "daemon/runs.h"
#include "kernel/grants.h"
#include "lib/time.h"

struct search {
	uint64_t id;
	uint64_t now;
	uint64_t begins;
	uint32_t state; /* enum writ_grant_state; UINT32_MAX: the kernel has forgotten it */
};

static void compare(void *context, const struct writ_grant_info *info,
		    enum writ_grant_state state)
{
	struct search *search = context;

	if (info->id != search->id)
		return;
	search->begins = info->not_before;
	search->state = state;
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

/* The grant, live, with the agent and the playbook that policy has for it. */
struct granted {
	struct writ_grant_info info;
	const struct writ_policy_agent *agent;
	const struct writ_policy_playbook *playbook;
};

static int find_grant(const struct writ_daemon *daemon, uint64_t id, struct granted *ret,
		      char error[WRIT_ERROR_SIZE])
{
	struct search search = {.id = id, .now = writ_time_boot(), .state = UINT32_MAX};
	struct writ_grant_info *info = &ret->info;
	int err;

	if (!id || writ_grants_info(daemon->kernel, id, info) || info->agent >= WRIT_AGENTS_MAX) {
		(void)snprintf(error, WRIT_ERROR_SIZE,
			       "no grant %llu; 'writ grants' lists those that live",
			       (unsigned long long)id);
		return -ENOENT;
	}
	writ_grants_each(daemon->kernel, info->agent, compare, &search);
	err = refuse_state(&search, info, error);
	if (err)
		return err;
	ret->agent = writ_policy_agent(daemon->policy, info->agent_name);
	ret->playbook = writ_policy_playbook(daemon->policy, info->playbook);
	if (ret->agent && ret->playbook)
		return 0;
	/* apply.c revokes such a grant: only if that has failed */
	(void)snprintf(error, WRIT_ERROR_SIZE,
		       "policy has no playbook %s for %s any more; 'writ revoke %llu' ends the "
		       "grant",
		       info->playbook, info->agent_name, (unsigned long long)id);
	return -ENOENT;
}

static int refuse_run(int err, const struct writ_grant_info *info, char error[WRIT_ERROR_SIZE])
{
	const char *why = err == -EXDEV		  ? "the cgroup is not its agent's"
			  : err == -EBUSY	  ? "the process is in a run already"
			  : err == -EEXIST	  ? "a cgroup of its name is there; remove it"
			  : err == -ENOSPC	  ? "the table of cgroups is full"
			  : err == -ESRCH	  ? "the process is gone"
			  : err == -EPERM	  ? "the process is not its agent's"
			  : err == -ENAMETOOLONG ? "the cgroup's path is too long"
						  : strerror(-err);

	(void)snprintf(error, WRIT_ERROR_SIZE, "the run of grant %llu: %s",
		       (unsigned long long)info->id, why);
	return err;
}

/* The cgroup that a run is made below when nobody names one: the agent's, if there is but one. */
static int own_cgroup(struct writ_daemon *daemon, const struct granted *granted,
		      uint64_t *ret_cgroup, char error[WRIT_ERROR_SIZE])
{
	const char *pattern = granted->agent->cgroup;

	if (pattern[strcspn(pattern, "*?[]{}\\")]) {
		(void)snprintf(error, WRIT_ERROR_SIZE,
			       "agent %s may have several cgroups (%s); name one with --cgroup",
			       granted->agent->name, pattern);
		return -EINVAL;
	}
	return writ_runs_below(daemon->runs, pattern, ret_cgroup);
}

int writ_exec_fill(struct writ_daemon *daemon, uint64_t id, uint64_t cgroup,
		   struct writ_exec_row *row, char error[WRIT_ERROR_SIZE])
{
	struct granted granted;
	int err = find_grant(daemon, id, &granted, error);

	if (err)
		return err;
	fill(granted.agent, granted.playbook, row);
	if (granted.info.scope != WRIT_SCOPE_RUN)
		return 0;
	error[0] = '\0';
	if (!cgroup)
		err = own_cgroup(daemon, &granted, &cgroup, error);
	if (!err)
		err = writ_runs_make(daemon->runs, &granted.info, cgroup, row->cgroup,
				     sizeof(row->cgroup));
	return err && !error[0] ? refuse_run(err, &granted.info, error) : err;
}

int writ_exec_enter(struct writ_daemon *daemon, uint64_t id, const struct writ_peer_mark *mark,
		    struct writ_exec_row *row, char error[WRIT_ERROR_SIZE])
{
	struct granted granted;
	int err = find_grant(daemon, id, &granted, error);

	if (err)
		return err;
	if (!mark->agent || mark->agent != granted.info.agent)
		return refuse_run(-EPERM, &granted.info, error);
	if (granted.info.scope != WRIT_SCOPE_RUN) {
		(void)snprintf(error, WRIT_ERROR_SIZE,
			       "grant %llu is held by the whole agent; it has no run to enter",
			       (unsigned long long)id);
		return -EINVAL;
	}
	fill(granted.agent, granted.playbook, row);
	err = writ_runs_make(daemon->runs, &granted.info, mark->cgroup, row->cgroup,
			     sizeof(row->cgroup));
	if (!err)
		err = writ_runs_enter(daemon->runs, id, mark);
	return err ? refuse_run(err, &granted.info, error) : 0;
}
