/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See instances.h. Of each agent one cgroup is remembered that is below none of its own; another
 * one beside it, while processes are in the first, is what is reported.
 */
#include "daemon/instances.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "audit/decode.h"
#include "daemon/daemon.h"
#include "daemon/hierarchy.h"
#include "kernel/enrol.h"
#include "lib/cleanup.h"
#include "lib/log.h"

struct writ_instances {
	uint64_t first[WRIT_AGENTS_MAX]; /* id of its cgroup; 0: none is known */
	uint32_t shared[WRIT_AGENTS_MAX];
};

struct writ_instances *writ_instances_new(void)
{
	return calloc(1, sizeof(struct writ_instances));
}

void writ_instances_free(struct writ_instances *instances)
{
	free(instances);
}

uint32_t writ_instances_shared(const struct writ_instances *instances, uint32_t agent)
{
	return instances && agent < WRIT_AGENTS_MAX ? instances->shared[agent] : 0;
}

/* Is there to be but one of it? What policy does not have (any more) has no role to share. */
static bool is_single(const struct writ_daemon *daemon, uint32_t agent)
{
	const struct writ_policy_agent *found =
		daemon->policy
			? writ_policy_agent(daemon->policy, daemon->kernel->agents[agent].name)
			: NULL;

	return found && !found->many;
}

/* Is cgroup @id the agent's, below none of its own, and is somebody in it? Its path. */
static bool is_instance(const struct writ_daemon *daemon, uint32_t agent, uint64_t id,
			bool populated, char *ret_path, size_t size)
{
	_cleanup_close_ int root = open(daemon->cgroup_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int dir = root < 0 ? -1 : writ_hierarchy_open(root, id);
	struct stat parent;

	if (dir < 0 || writ_enrol_agent(daemon->kernel, id) != agent)
		return false;
	if (populated && writ_hierarchy_populated(dir, &populated))
		return false;
	if (fstatat(dir, "..", &parent, 0) ||
	    writ_enrol_agent(daemon->kernel, parent.st_ino) == agent)
		return false;
	(void)writ_hierarchy_path(daemon->cgroup_root, dir, ret_path, size);
	return true;
}

static void report(struct writ_daemon *daemon, uint32_t agent, const char *first,
		   const char *second)
{
	char detail[WRIT_DETAIL_SIZE];

	(void)snprintf(detail, sizeof(detail),
		       "agent %s is in %.400s and in %.400s; have one agent for each, or say "
		       "'instances: many'",
		       daemon->kernel->agents[agent].name, first, second);
	writ_warning("%s", detail);
	writ_notes_daemon(daemon, WRIT_DAEMON_EVENT_SHARED_IDENTITY, detail);
}

static void note(struct writ_daemon *daemon, uint32_t agent, uint64_t id)
{
	struct writ_instances *instances = daemon->instances;
	char first[PATH_MAX] = "", second[PATH_MAX] = "";
	bool more;

	if (!id || agent <= WRIT_AGENT_CANARY || agent >= WRIT_AGENTS_MAX ||
	    !is_single(daemon, agent) || id == instances->first[agent] ||
	    !is_instance(daemon, agent, id, false, second, sizeof(second)))
		return;
	more = instances->first[agent] &&
	       is_instance(daemon, agent, instances->first[agent], true, first, sizeof(first));
	if (!more) {
		instances->first[agent] = id;
		instances->shared[agent] = 0;
		return;
	}
	instances->shared[agent] = instances->shared[agent] ? instances->shared[agent] + 1 : 2;
	report(daemon, agent, first, second);
}

static void visit(void *context, uint64_t id, uint32_t agent)
{
	note(context, agent, id);
}

void writ_instances_scan(struct writ_daemon *daemon)
{
	if (!daemon->instances)
		return;
	memset(daemon->instances, 0, sizeof(*daemon->instances));
	writ_enrol_each(daemon->kernel, visit, daemon);
}

void writ_instances_note(struct writ_daemon *daemon, const void *bytes, size_t len)
{
	char path[PATH_MAX + sizeof(daemon->cgroup_root)];
	struct writ_record record;
	struct stat status;

	if (!daemon->instances || writ_decode_event(bytes, len, &record) ||
	    record.event.type != WRIT_EVENT_ENROL || record.object_len >= PATH_MAX)
		return;
	(void)snprintf(path, sizeof(path), "%s%.*s", daemon->cgroup_root, (int)record.object_len,
		       record.object);
	if (!lstat(path, &status)) /* else it is gone again */
		note(daemon, record.event.agent, status.st_ino);
}
