/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs: the cgroups whose tasks alone hold a grant. A run is a directory `writ-run-GRANT` below a
 * cgroup of the grant's agent, bound to the grant before anybody can be in it (bpf/enrol.bpf.c). It
 * is over when it empties; that ends the grant. Runs are found again by the ids in grant_infos.
 */
#ifndef WRIT_DAEMON_RUNS_H
#define WRIT_DAEMON_RUNS_H

#include "kernel/kernel.h"

struct writ_runs;

/* A run emptied, and its grant was ended by that: info->end says completed or used up. */
typedef void (*writ_runs_over)(void *context, const struct writ_grant_info *info);

/*
 * Finds the runs that an earlier writd made, and does to those of grants that have ended what
 * writ_runs_end() does. One that is empty is over: whether anybody was in it
 * is not known any more. @root: the cgroup v2 mount, which must outlive the runs, as @kernel must.
 */
int writ_runs_open(struct writ_kernel *kernel, const char *root, writ_runs_over over,
		   void *context, struct writ_runs **ret_runs);

/* Lets go of them; they stay, and what they hold stays. */
void writ_runs_close(struct writ_runs *runs);

/* Readable when a run may have emptied: then writ_runs_poll(). */
int writ_runs_fd(const struct writ_runs *runs);
void writ_runs_poll(struct writ_runs *runs);

/*
 * The run of @info's grant, which must be of scope run and live: made below cgroup @below unless it
 * is there. *@ret_path: from the root of the cgroup tree. -EXDEV: @below is not the agent's;
 * -EBUSY: it is a run's itself; -EEXIST: somebody else made a directory of that name; -ENOSPC: it
 * could not be bound; -ENAMETOOLONG: the path has more than @size bytes.
 */
int writ_runs_make(struct writ_runs *runs, const struct writ_grant_info *info, uint64_t below,
		   char *ret_path, size_t size);

/* The cgroup at @path, for a run to be made below it; it is made if it is missing. */
int writ_runs_below(struct writ_runs *runs, const char *path, uint64_t *ret_cgroup);

/*
 * Moves the process that made the connection with @mark into the run of grant @id, which was made.
 * It holds the grant from its next exec on. -ESRCH: it is gone; -EPERM: it is not of the grant's
 * agent; -EBUSY: it is in a run already; -ENOMEM: it is in the cgroup and has not entered the run.
 */
int writ_runs_enter(struct writ_runs *runs, uint64_t id, const struct writ_peer_mark *mark);

/*
 * The grant of @info has ended, whoever ended it: freezes or kills what is in its run, if that is
 * what the playbook wants (info->on_end), and removes a run that nobody is in. 0 also when there is
 * no run; -errno: the processes go on, without the grant.
 */
int writ_runs_end(struct writ_runs *runs, const struct writ_grant_info *info);

#endif
