/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See unattached.h. A pid is read in /proc only while a descriptor holds its process, and looked at
 * once more after: so it is the process that is meant, or nobody.
 */
#include "daemon/unattached.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/hierarchy.h"
#include "kernel/pins.h"
#include "lib/cleanup.h"
#include "lib/log.h"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* asm-generic/socket.h, Linux 6.5 */
#endif

/* Connections whose makers are known, by the number that the kernel gives to one socket alone. */
static struct {
	uint64_t cookie;
	struct writ_peer_mark mark;
} known[4096];

/* What lies below the directory. */
static struct {
	char core[PATH_MAX];
	char agents[PATH_MAX];
	char operators[PATH_MAX];
	char state[PATH_MAX];
	char ledger[PATH_MAX];
	char audit_log[PATH_MAX];
	char audit_socket[PATH_MAX];
	char cursors[PATH_MAX];
} paths;

static const char *below(const char *directory, const char *name, char path[PATH_MAX])
{
	(void)snprintf(path, PATH_MAX, "%s/%s", directory, name);
	return path;
}

int writ_unattached_options(const char *directory, struct writ_daemon_options *options)
{
	_cleanup_free_ char *real = NULL;

	if (mkdir(directory, 0755) && errno != EEXIST)
		return writ_log_errno(-errno, "--no-attach %s", directory);
	real = realpath(directory, NULL);
	if (!real ||
	    strlen(real) + sizeof("/operator.sock") > sizeof(((struct sockaddr_un *)0)->sun_path))
		return writ_log_errno(real ? -ENAMETOOLONG : -errno,
				      "--no-attach %s; name a directory with a shorter path",
				      directory);
	options->no_attach = true;
	options->socket = below(real, "core.sock", paths.core);
	options->agent_socket = below(real, "agent.sock", paths.agents);
	options->operator_socket = below(real, "operator.sock", paths.operators);
	options->state = below(real, "state", paths.state);
	options->ledger = below(real, "broker/ledger.db", paths.ledger);
	options->audit_log = below(real, "log/audit.jsonl", paths.audit_log);
	options->audit_socket = below(real, "audit.sock", paths.audit_socket);
	options->cursors = below(real, "forward", paths.cursors);
	writ_pins_use_unattached();
	return 0;
}

int writ_unattached_kernel(struct writ_daemon *daemon)
{
	uint32_t ring_size = daemon->options.ring_size;

	return daemon->options.no_attach ? writ_kernel_open_unattached(ring_size, &daemon->kernel)
					 : writ_kernel_open(ring_size, &daemon->kernel);
}

static bool has_ended(int pidfd)
{
	struct pollfd poll_fd = {.fd = pidfd, .events = POLLIN};

	return poll(&poll_fd, 1, 0) != 0;
}

/* The path of @pid's cgroup in the v2 tree, from its root ("0::PATH", proc(5)). */
static int read_path(int32_t pid, char ret_path[PATH_MAX])
{
	char name[32], line[PATH_MAX];
	_cleanup_fclose_ FILE *file = NULL;

	(void)snprintf(name, sizeof(name), "/proc/%d/cgroup", pid);
	file = fopen(name, "re");
	while (file && fgets(line, sizeof(line), file)) {
		size_t len = strlen(line);

		if (strncmp(line, "0::/", 4) || line[len - 1] != '\n')
			continue;
		line[len - 1] = '\0';
		(void)snprintf(ret_path, PATH_MAX, "%s", line + 3);
		return 0;
	}
	return -ENOENT;
}

/*
 * Whose the cgroup at @path is, or the nearest one above it that is enrolled: a cgroup that was
 * made since is in no map here, for the hook that enters it is not attached. Cuts @path.
 */
static int find_bound(const struct writ_daemon *daemon, char *path, uint64_t *ret_id,
		      struct writ_cgroup *ret_bound)
{
	int fd = daemon->kernel->map_fds[WRIT_MAP_cgroups];
	char full[PATH_MAX + sizeof(daemon->cgroup_root)];
	struct stat status;
	uint64_t first = 0;

	for (char *slash; *path; *slash = '\0') {
		uint64_t id;

		(void)snprintf(full, sizeof(full), "%s%s", daemon->cgroup_root, path);
		if (stat(full, &status))
			return -ENOENT;
		id = status.st_ino;
		first = first ? first : id;
		if (!bpf_map_lookup_elem(fd, &id, ret_bound)) {
			*ret_id = first;
			return 0;
		}
		slash = strrchr(path, '/');
	}
	*ret_bound = (struct writ_cgroup){0};
	*ret_id = first;
	return 0;
}

static int place_of(const struct writ_daemon *daemon, int pidfd, int32_t pid, uint64_t *ret_id,
		    struct writ_cgroup *ret_bound)
{
	char path[PATH_MAX];
	int err = has_ended(pidfd) ? -ENOENT : read_path(pid, path);

	if (!err)
		err = find_bound(daemon, path, ret_id, ret_bound);
	return !err && has_ended(pidfd) ? -ENOENT : err;
}

bool writ_unattached_is_agent(const struct writ_daemon *daemon, int pidfd, int32_t pid)
{
	struct writ_cgroup bound = {0};
	uint64_t id;

	return place_of(daemon, pidfd, pid, &id, &bound) || bound.agent;
}

/* Was @connection accepted by a listener of ours? Its end has the listener's name then. */
static bool is_ours(const struct writ_daemon *daemon, int connection)
{
	struct sockaddr_un name = {0};
	socklen_t len = sizeof(name) - 1, option = sizeof(int);
	int listens = 1;

	if (getsockname(connection, (struct sockaddr *)&name, &len) || name.sun_family != AF_UNIX ||
	    !name.sun_path[0] ||
	    getsockopt(connection, SOL_SOCKET, SO_ACCEPTCONN, &listens, &option) || listens)
		return false;
	return !strcmp(name.sun_path, daemon->options.agent_socket) ||
	       !strcmp(name.sun_path, daemon->options.operator_socket);
}

static int read_mark(const struct writ_daemon *daemon, int connection,
		     struct writ_peer_mark *ret_mark)
{
	struct ucred who = {0};
	struct writ_cgroup bound = {0};
	socklen_t who_len = sizeof(who), fd_len = sizeof(int);
	_cleanup_close_ int pidfd = -1;
	uint64_t id, ticks = 0;
	int err;

	if (!is_ours(daemon, connection) ||
	    getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &who, &who_len) ||
	    getsockopt(connection, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &fd_len))
		return -ENOENT;
	err = writ_hierarchy_started((uint32_t)who.pid, &ticks);
	if (!err)
		err = place_of(daemon, pidfd, who.pid, &id, &bound);
	if (err)
		return -ENOENT;
	*ret_mark = (struct writ_peer_mark){
		.cgroup = id,
		.started = ticks * WRIT_NS_PER_CLOCK_TICK,
		.run = bound.run,
		.agent = bound.agent,
		.pid = (uint32_t)who.pid,
		.uid = who.uid,
	};
	return 0;
}

/* Once for a connection, as the hook does: what its maker does later changes nothing. */
int writ_unattached_mark(const struct writ_daemon *daemon, int connection,
			 struct writ_peer_mark *ret_mark)
{
	socklen_t len = sizeof(uint64_t);
	struct writ_peer_mark mark;
	uint64_t cookie = 0;
	size_t at;
	int err;

	if (getsockopt(connection, SOL_SOCKET, SO_COOKIE, &cookie, &len) || !cookie)
		return -ENOENT;
	at = cookie % (sizeof(known) / sizeof(known[0]));
	if (known[at].cookie != cookie) {
		err = read_mark(daemon, connection, &mark);
		if (err)
			return err;
		known[at].cookie = cookie;
		known[at].mark = mark;
	}
	*ret_mark = known[at].mark;
	return 0;
}
