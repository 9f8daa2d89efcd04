/* SPDX-License-Identifier: Apache-2.0 */
/* See reach.h. */
#include "kernel/reach.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/enrol.h"
#include "kernel/grants.h"
#include "kernel/guard.h"
#include "kernel/pins.h"
#include "lib/cleanup.h"
#include "lib/log.h"

#define RUNS_MAX 4096u /* more at a time count as everybody */

struct writ_reach_holders {
	bool everybody; /* what was before is not known */
	uint8_t agents[WRIT_AGENTS_MAX / 8]; /* had a grant of scope agent */
	uint64_t runs[RUNS_MAX];
	size_t n_runs;
};

static const char *reach_name(unsigned int i)
{
	return writ_kernel_pinned_name(WRIT_PROGRAM_COUNT + i);
}

/* Also one whose writd was killed while it attached or detached them. */
static bool is_begun(const struct writ_kernel *kernel)
{
	for (unsigned int i = 0; i < WRIT_REACH_COUNT; i++)
		if (kernel->reach_fds[i] >= 0)
			return true;
	return false;
}

static int attach(struct writ_kernel *kernel, unsigned int i)
{
	_cleanup_close_ int program = writ_pins_get(WRIT_PINS_PROGRAMS, reach_name(i));
	_cleanup_close_ int link = -1;
	int err;

	if (kernel->reach_fds[i] >= 0)
		return 0;
	if (program < 0)
		return writ_log_errno(program, "pinned program %s", reach_name(i));
	link = bpf_link_create(program, 0, BPF_LSM_MAC, NULL);
	if (link < 0)
		return writ_log_errno(link, "attach %s", reach_name(i));
	err = writ_guard_link(kernel, link);
	if (!err)
		err = writ_pins_put(WRIT_PINS_LINKS, reach_name(i), link);
	if (err)
		return writ_log_errno(err, "pin the link of %s", reach_name(i));
	kernel->reach_fds[i] = take_fd(&link);
	return 0;
}

static int attach_all(struct writ_kernel *kernel)
{
	int err = 0;

	for (unsigned int i = 0; i < WRIT_REACH_COUNT && !err; i++)
		err = attach(kernel, i);
	return err;
}

static void detach_all(struct writ_kernel *kernel)
{
	for (unsigned int i = 0; i < WRIT_REACH_COUNT; i++) {
		char path[WRIT_PINS_PATH_SIZE];

		writ_pins_path(WRIT_PINS_LINKS, reach_name(i), path);
		if (unlink(path) && errno != ENOENT) {
			(void)writ_log_errno(-errno, "%s", path);
			continue; /* it goes on; the next look tries again */
		}
		writ_closep(&kernel->reach_fds[i]);
		kernel->reach_fds[i] = -1;
	}
}

/*
 * A writd may have been killed between taking a grant back and counting that, so every agent is
 * counted once: what is open is judged again, no more.
 */
int writ_reach_open(struct writ_kernel *kernel)
{
	kernel->holders = calloc(1, sizeof(*kernel->holders));
	if (!kernel->holders)
		return -ENOMEM;
	for (uint32_t i = 1; i < WRIT_AGENTS_MAX; i++)
		if (kernel->grants[i].order)
			writ_reach_ended(kernel, i);
	kernel->holders->everybody = is_begun(kernel) || writ_grants_any_live(kernel);
	return kernel->holders->everybody ? attach_all(kernel) : 0;
}

void writ_reach_close(struct writ_reach_holders *holders)
{
	free(holders);
}

static void add_holder(struct writ_reach_holders *holders, const struct writ_grant_info *info)
{
	if (info->scope == WRIT_SCOPE_RUN && holders->n_runs < RUNS_MAX)
		holders->runs[holders->n_runs++] = info->id;
	else if (info->scope == WRIT_SCOPE_RUN)
		holders->everybody = true;
	else
		holders->agents[info->agent / 8] |= (uint8_t)(1u << info->agent % 8);
}

int writ_reach_expect(struct writ_kernel *kernel, const struct writ_grant_info *info)
{
	if (!kernel->holders)
		return 0;
	add_holder(kernel->holders, info);
	return attach_all(kernel);
}

void writ_reach_ended(struct writ_kernel *kernel, uint32_t agent)
{
	__atomic_fetch_add(&kernel->grants[agent].ends, 1, __ATOMIC_SEQ_CST);
	kernel->ends++;
}

static bool is_holder(const struct writ_reach_holders *holders, const struct writ_label *who)
{
	if (!who->agent || who->agent >= WRIT_AGENTS_MAX)
		return false;
	if (holders->everybody || holders->agents[who->agent / 8] & 1u << who->agent % 8)
		return true;
	for (size_t i = 0; who->run && i < holders->n_runs; i++)
		if (holders->runs[i] == who->run)
			return true;
	return false;
}

struct search {
	const struct writ_reach_holders *holders;
	bool found;
};

static void visit_cgroup(void *context, uint64_t id, uint32_t agent)
{
	struct search *search = context;
	const struct writ_label who = {.agent = agent};

	(void)id;
	search->found |= is_holder(search->holders, &who);
}

/* A run's cgroup can't be removed while a task is in it. */
static bool is_run_there(const struct writ_kernel *kernel)
{
	const struct writ_reach_holders *holders = kernel->holders;
	struct writ_grant_info info;

	for (size_t i = 0; i < holders->n_runs; i++)
		if (!writ_grants_info(kernel, holders->runs[i], &info) && info.run_cgroup &&
		    writ_enrol_agent(kernel, info.run_cgroup))
			return true;
	return false;
}

/* 1: some task is; 0: none; -errno: that can't be told. */
static int find_task(const struct writ_reach_holders *holders)
{
	_cleanup_close_ int program =
		writ_pins_get(WRIT_PINS_PROGRAMS, WRIT_ITERATOR_AGENTS_OF_TASKS);
	_cleanup_close_ int link = -1, iterator = -1;
	struct writ_label who;
	ssize_t n;

	if (program < 0)
		return program;
	link = bpf_link_create(program, 0, BPF_TRACE_ITER, NULL);
	if (link < 0)
		return link;
	iterator = bpf_iter_create(link);
	if (iterator < 0)
		return iterator;
	for (;;) {
		n = read(iterator, &who, sizeof(who));
		if (n < 0 && errno == EAGAIN)
			continue;
		if (n == sizeof(who) && is_holder(holders, &who))
			return 1;
		if (n != sizeof(who))
			return n < 0 ? -errno : n ? -EIO : 0;
	}
}

void writ_reach_tend(struct writ_kernel *kernel)
{
	struct search search = {.holders = kernel->holders};

	if (!is_begun(kernel) || writ_grants_any_live(kernel))
		return;
	writ_enrol_each(kernel, visit_cgroup, &search);
	if (search.found || is_run_there(kernel) || find_task(kernel->holders))
		return;
	detach_all(kernel);
	memset(kernel->holders, 0, sizeof(*kernel->holders));
}
