/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs without cgroups: nobody enters one, and it is noted which were told of their grant's end.
 * All of runs.h, so that the archive's own are not linked.
 */
#ifndef TESTS_UNIT_FAKE_RUNS_H
#define TESTS_UNIT_FAKE_RUNS_H

#include <errno.h>

#include "daemon/runs.h"

static struct {
	size_t n_ended;
	uint64_t last; /* the grant */
	uint8_t end;
} fake_runs;

int writ_runs_make(struct writ_runs *runs, const struct writ_grant_info *info, uint64_t below,
		   char *ret_path, size_t size)
{
	(void)runs;
	(void)info;
	(void)below;
	(void)ret_path;
	(void)size;
	return -EXDEV;
}

int writ_runs_below(struct writ_runs *runs, const char *path, uint64_t *ret_cgroup)
{
	(void)runs;
	(void)path;
	(void)ret_cgroup;
	return -EXDEV;
}

int writ_runs_enter(struct writ_runs *runs, uint64_t id, const struct writ_peer_mark *mark)
{
	(void)runs;
	(void)id;
	(void)mark;
	return -ENOENT;
}

int writ_runs_end(struct writ_runs *runs, const struct writ_grant_info *info)
{
	(void)runs;
	fake_runs.n_ended++;
	fake_runs.last = info->id;
	fake_runs.end = info->end;
	return 0;
}

#endif
