/* SPDX-License-Identifier: Apache-2.0 */
/* See runs.h. A cgroup's id is its handle, so it is found wherever its directory lies. */
#include "daemon/runs.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/hierarchy.h"
#include "kernel/grants.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "writ/request.h"

struct run {
	uint64_t grant;
	uint64_t cgroup;
	int dir;
	int watch; /* inotify's, of cgroup.events */
	struct run *next;
};

struct writ_runs {
	struct writ_kernel *kernel;
	const char *root;
	int root_fd;
	int events; /* inotify */
	writ_runs_over over;
	void *context;
	struct run *list;
};

static struct run *find(const struct writ_runs *runs, uint64_t grant)
{
	for (struct run *run = runs->list; run; run = run->next)
		if (run->grant == grant)
			return run;
	return NULL;
}

/* Forgets @run; its directory goes if nobody is in it. */
static void drop(struct writ_runs *runs, struct run *run)
{
	struct run **link = &runs->list;
	int err;

	while (*link != run)
		link = &(*link)->next;
	*link = run->next;
	(void)inotify_rm_watch(runs->events, run->watch);
	err = writ_hierarchy_remove(run->dir);
	if (err && err != -ENOENT)
		(void)writ_log_errno(err, "the cgroup of the run of grant %llu stays",
				     (unsigned long long)run->grant);
	(void)close(run->dir);
	free(run);
}

/* Takes over @dir on success. */
static int keep(struct writ_runs *runs, uint64_t grant, uint64_t cgroup, int *dir)
{
	_cleanup_free_ struct run *run = calloc(1, sizeof(*run));
	char path[64];

	if (!run)
		return -ENOMEM;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/cgroup.events", *dir);
	run->watch = inotify_add_watch(runs->events, path, IN_MODIFY);
	if (run->watch < 0)
		return -errno;
	run->grant = grant;
	run->cgroup = cgroup;
	run->dir = take_fd(dir);
	run->next = runs->list;
	runs->list = take_ptr(run);
	return 0;
}

/* --- its end ---------------------------------------------------------------------------------- */

/* Nobody is left in it: its grant is over, if it is not already. */
static void finish(struct writ_runs *runs, struct run *run)
{
	struct writ_grant_info info;
	enum writ_grant_state state;
	enum writ_end end = WRIT_END_COMPLETED;
	uint32_t uses = 0;

	if (writ_grants_info(runs->kernel, run->grant, &info) ||
	    writ_grants_state(runs->kernel, &info, &state, &uses))
		state = WRIT_GRANT_STATE_COMPLETED;
	else if (info.uses_max && uses >= info.uses_max)
		end = WRIT_END_USED_UP;
	if (state <= WRIT_GRANT_STATE_ACTIVE &&
	    writ_grants_end(runs->kernel, run->grant, end, &info))
		state = WRIT_GRANT_STATE_COMPLETED; /* another was faster */
	drop(runs, run); /* first: who is told may ask about this run */
	if (state <= WRIT_GRANT_STATE_ACTIVE && runs->over)
		runs->over(runs->context, &info);
}

/* A change that left nobody there: somebody was in it before. What can't be read is left alone. */
static void look(struct writ_runs *runs, struct run *run)
{
	bool populated;

	if (!writ_hierarchy_populated(run->dir, &populated) && !populated)
		finish(runs, run);
}

/* Those of @watch; -1: events were lost, so all. */
static void look_at(struct writ_runs *runs, int watch)
{
	struct run *next;

	for (struct run *run = runs->list; run; run = next) {
		next = run->next;
		if (watch < 0 || run->watch == watch)
			look(runs, run);
	}
}

void writ_runs_poll(struct writ_runs *runs)
{
	char bytes[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t n = read(runs->events, bytes, sizeof(bytes));

	for (ssize_t at = 0; at < n;) {
		const struct inotify_event *event = (const void *)(bytes + at);

		if (event->mask & IN_Q_OVERFLOW)
			look_at(runs, -1);
		else if (event->mask & IN_MODIFY)
			look_at(runs, event->wd);
		at += (ssize_t)(sizeof(*event) + event->len);
	}
}

int writ_runs_end(struct writ_runs *runs, const struct writ_grant_info *info)
{
	struct run *run = find(runs, info->id);
	bool populated = true;
	int err = 0;

	if (!run)
		return 0;
	if (info->on_end == WRIT_ON_END_FREEZE)
		err = writ_hierarchy_write(run->dir, "cgroup.freeze", "1");
	else if (info->on_end == WRIT_ON_END_KILL)
		err = writ_hierarchy_write(run->dir, "cgroup.kill", "1");
	(void)writ_hierarchy_populated(run->dir, &populated);
	if (!populated)
		drop(runs, run);
	return err;
}

/* --- its making ------------------------------------------------------------------------------- */

/* Is cgroup @id the @agent's, and of no run? */
static int check_below(const struct writ_runs *runs, uint64_t id, uint32_t agent)
{
	int fd = runs->kernel->map_fds[WRIT_MAP_cgroups];
	struct writ_cgroup bound;

	if (bpf_map_lookup_elem(fd, &id, &bound) || bound.agent != agent)
		return -EXDEV;
	return bound.run ? -EBUSY : 0;
}

/* The new cgroup @id is the run of @info; read back, for all rests on it. */
static int bind_run(const struct writ_runs *runs, const struct writ_grant_info *info, uint64_t id)
{
	const struct writ_cgroup run = {.agent = info->agent, .run = info->id};
	int fd = runs->kernel->map_fds[WRIT_MAP_cgroups];
	struct writ_cgroup bound;

	if (bpf_map_lookup_elem(fd, &id, &bound) || bound.agent != info->agent)
		return -ENOSPC; /* the map is full, and mkdir's hook has counted it */
	if (bpf_map_update_elem(fd, &id, &run, BPF_EXIST) ||
	    bpf_map_lookup_elem(fd, &id, &bound) || bound.run != info->id)
		return -ENOSPC;
	return 0;
}

/* One that is there and empty is of a grant of that number before the programs were loaded. */
static int make_directory(int parent, const char *name)
{
	_cleanup_close_ int old = -1;

	if (!mkdirat(parent, name, 0755))
		return 0;
	if (errno != EEXIST)
		return -errno;
	old = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (old < 0 || writ_hierarchy_remove(old) || mkdirat(parent, name, 0755))
		return -EEXIST;
	return 0;
}

static int make(struct writ_runs *runs, const struct writ_grant_info *info, uint64_t below)
{
	_cleanup_close_ int parent = -1, dir = -1;
	struct stat status;
	char name[32];
	int err = check_below(runs, below, info->agent);

	if (err)
		return err;
	(void)snprintf(name, sizeof(name), "writ-run-%llu", (unsigned long long)info->id);
	parent = writ_hierarchy_open(runs->root_fd, below);
	if (parent < 0)
		return parent;
	err = make_directory(parent, name);
	if (err)
		return err;
	dir = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	err = dir < 0 || fstat(dir, &status) ? -errno : bind_run(runs, info, status.st_ino);
	if (!err)
		err = writ_grants_set_run(runs->kernel, info->id, status.st_ino);
	if (!err)
		err = keep(runs, info->id, status.st_ino, &dir);
	if (err)
		(void)unlinkat(parent, name, AT_REMOVEDIR);
	return err;
}

int writ_runs_make(struct writ_runs *runs, const struct writ_grant_info *info, uint64_t below,
		   char *ret_path, size_t size)
{
	struct run *run = find(runs, info->id);
	int err = info->scope == WRIT_SCOPE_RUN ? 0 : -EINVAL;

	if (!err && !run)
		err = make(runs, info, below);
	if (err)
		return err;
	run = find(runs, info->id);
	return writ_hierarchy_path(runs->root, run->dir, ret_path, size);
}

int writ_runs_below(struct writ_runs *runs, const char *path, uint64_t *ret_cgroup)
{
	return writ_hierarchy_make(runs->root_fd, path, ret_cgroup);
}

/* --- who enters ------------------------------------------------------------------------------- */

static int label_of(const struct writ_runs *runs, int pidfd, struct writ_label *ret)
{
	return bpf_map_lookup_elem(runs->kernel->map_fds[WRIT_MAP_labels], &pidfd, ret);
}

/* Has the process ended? Then its pid may be another's. */
static bool has_ended(int pidfd)
{
	struct pollfd poll_fd = {.fd = pidfd, .events = POLLIN};

	return poll(&poll_fd, 1, 0) != 0;
}

/* The process of @mark, and no later one with its pid. */
static int open_process(const struct writ_peer_mark *mark, int *ret_pidfd)
{
	_cleanup_close_ int pidfd = (int)syscall(__NR_pidfd_open, (pid_t)mark->pid, 0);
	uint64_t started;

	if (pidfd < 0)
		return -errno;
	if (writ_hierarchy_started(mark->pid, &started) || has_ended(pidfd))
		return -ESRCH;
	if (started != mark->started / WRIT_NS_PER_CLOCK_TICK)
		return -ESRCH;
	*ret_pidfd = take_fd(&pidfd);
	return 0;
}

int writ_runs_enter(struct writ_runs *runs, uint64_t id, const struct writ_peer_mark *mark)
{
	struct run *run = find(runs, id);
	_cleanup_close_ int pidfd = -1;
	struct writ_grant_info info;
	struct writ_label label = {0};
	char pid[16];
	int err;

	if (!run || writ_grants_info(runs->kernel, id, &info))
		return -ENOENT;
	if (mark->agent != info.agent)
		return -EPERM;
	err = open_process(mark, &pidfd);
	if (err)
		return err;
	if (label_of(runs, pidfd, &label) || label.agent != info.agent)
		return -EPERM;
	if (label.run)
		return -EBUSY;
	(void)snprintf(pid, sizeof(pid), "%u", mark->pid);
	err = writ_hierarchy_write(run->dir, "cgroup.procs", pid);
	if (err)
		return err;
	if (has_ended(pidfd))
		return -ESRCH;
	return label_of(runs, pidfd, &label) || label.run != id ? -ENOMEM : 0;
}

/* Of one that has ended while this writd did not watch: what its playbook wants, once more. */
static void end_ended(void *context, const struct writ_grant_info *info,
		      enum writ_grant_state state)
{
	if (state > WRIT_GRANT_STATE_ACTIVE)
		(void)writ_runs_end(context, info);
}

/* --- all of them ------------------------------------------------------------------------------ */

static void take_over(void *context, const struct writ_grant_info *info,
		      enum writ_grant_state state)
{
	struct writ_runs *runs = context;
	_cleanup_close_ int dir = -1;
	int err;

	(void)state;
	if (!info->run_cgroup)
		return;
	dir = writ_hierarchy_open(runs->root_fd, info->run_cgroup);
	if (dir < 0)
		err = dir == -ESTALE ? 0 : dir; /* it is gone: writ_runs_open() ends the grant */
	else
		err = keep(runs, info->id, info->run_cgroup, &dir);
	if (err)
		(void)writ_log_errno(err, "the run of grant %llu is not watched: the grant ends "
					  "with its time", (unsigned long long)info->id);
}

static void end_gone(void *context, const struct writ_grant_info *info,
		     enum writ_grant_state state)
{
	struct writ_runs *runs = context;
	struct writ_grant_info ended;

	if (!info->run_cgroup || state > WRIT_GRANT_STATE_ACTIVE || find(runs, info->id))
		return;
	if (!writ_grants_end(runs->kernel, info->id, WRIT_END_COMPLETED, &ended) && runs->over)
		runs->over(runs->context, &ended);
}

static void runs_closep(struct writ_runs **runs)
{
	writ_runs_close(*runs);
}

int writ_runs_open(struct writ_kernel *kernel, const char *root, writ_runs_over over,
		   void *context, struct writ_runs **ret_runs)
{
	_cleanup_(runs_closep) struct writ_runs *runs = calloc(1, sizeof(*runs));

	if (!runs)
		return -ENOMEM;
	*runs = (struct writ_runs){kernel, root, -1, -1, over, context, NULL};
	runs->root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	runs->events = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (runs->root_fd < 0 || runs->events < 0)
		return -errno;
	writ_grants_each(kernel, 0, take_over, runs);
	writ_grants_each(kernel, 0, end_gone, runs);
	writ_grants_each(kernel, 0, end_ended, runs);
	look_at(runs, -1);
	*ret_runs = take_ptr(runs);
	return 0;
}

void writ_runs_close(struct writ_runs *runs)
{
	struct run *next;

	if (!runs)
		return;
	for (struct run *run = runs->list; run; run = next) {
		next = run->next;
		(void)close(run->dir);
		free(run);
	}
	writ_closep(&runs->events);
	writ_closep(&runs->root_fd);
	free(runs);
}

int writ_runs_fd(const struct writ_runs *runs)
{
	return runs->events;
}
