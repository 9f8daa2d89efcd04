/* SPDX-License-Identifier: Apache-2.0 */
/* See cuts.h. */
#include "daemon/cuts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "daemon/daemon.h"
#include "kernel/grants.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/time.h"

static void tell(struct writ_daemon *daemon, const struct writ_grant_info *info)
{
	struct writ_notice_row notice = {
		.notice = WRIT_NOTICE_CUT,
		.end = info->end,
		.grant = info->id,
		.time_ns = writ_time_boot(),
		.cut_files = info->cut_files,
		.cut_sockets = info->cut_sockets,
	};

	if (!info->cut_files && !info->cut_sockets && !info->cut_closed && !info->cut_mappings &&
	    info->cut_state == WRIT_CUT_COUNTED)
		return;
	writ_notes_grant(daemon, WRIT_GRANT_EVENT_CUT, info, NULL);
	writ_serve_notice(daemon, &notice);
}

/* @count: what was found for grant @id, all 0 for nothing. */
static void put(struct writ_daemon *daemon, uint64_t id, const struct writ_cut_count *count,
		enum writ_cut_state state)
{
	struct writ_grant_info info;

	if (writ_grants_info(daemon->kernel, id, &info))
		return; /* long gone: what was destroyed now was open for as long */
	info.cut_state = state;
	info.cut_files += count->files;
	info.cut_sockets += count->sockets;
	info.cut_closed += count->closed;
	info.cut_mappings += count->mappings;
	(void)writ_grants_set_cut(daemon->kernel, &info);
	tell(daemon, &info);
}

void writ_cuts_ended(struct writ_daemon *daemon, uint64_t id)
{
	const struct writ_cut_count nothing = {.grant = id};
	struct writ_cuts *cuts = &daemon->cuts;

	if (!writ_cut_is_due(daemon->kernel)) {
		put(daemon, id, &nothing, WRIT_CUT_COUNTED);
		return;
	}
	if (!cuts->waiting)
		cuts->waiting = calloc(WRIT_CUTS_MAX, sizeof(*cuts->waiting));
	if (cuts->waiting && cuts->n_waiting < WRIT_CUTS_MAX)
		cuts->waiting[cuts->n_waiting++] = id;
	else
		put(daemon, id, &nothing, WRIT_CUT_IN_PART);
}

static int by_id(const void *a, const void *b)
{
	const uint64_t *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

static void fail(struct writ_daemon *daemon, int err)
{
	struct writ_cuts *cuts = &daemon->cuts;

	if (!cuts->told)
		(void)writ_log_errno(err, "look for what the end of a grant has cut: it is refused "
					  "all the same, but sockets stay and nothing is counted");
	cuts->told = true;
}

static void forget(struct writ_cuts *cuts)
{
	free(cuts->counts);
	free(cuts->swept);
	cuts->counts = NULL;
	cuts->swept = NULL;
	cuts->n_counts = cuts->n_swept = 0;
}

/* @state: of the grants that were swept for, which all have their counts now, or nothing. */
static void finish(struct writ_daemon *daemon, enum writ_cut_state state)
{
	struct writ_cuts *cuts = &daemon->cuts;

	for (size_t i = 0; i < cuts->n_swept; i++) {
		struct writ_cut_count found = {.grant = cuts->swept[i]};

		for (size_t n = 0; n < cuts->n_counts; n++) {
			if (cuts->counts[n].grant != found.grant)
				continue;
			found = cuts->counts[n];
			cuts->counts[n].grant = 0;
		}
		put(daemon, found.grant, &found, state);
	}
	for (size_t n = 0; n < cuts->n_counts; n++) /* of a suspended agent, or of long ago */
		if (cuts->counts[n].grant)
			put(daemon, cuts->counts[n].grant, &cuts->counts[n], state);
	forget(cuts);
	cuts->next_ns = writ_time_boot() + WRIT_CUTS_PAUSE_NS;
}

/* For good: this process has given up what it would take to start another one. */
static void lose(struct writ_daemon *daemon, int err)
{
	static const char detail[] =
		"the cutter is gone: what has ended is refused all the same, but until writd is "
		"restarted sockets stay open at their peers and nothing is counted";

	(void)writ_log_errno(err, "%s", detail);
	writ_notes_daemon(daemon, WRIT_DAEMON_EVENT_CUTTER_DIED, detail);
	(void)epoll_ctl(daemon->epoll, EPOLL_CTL_DEL, daemon->cuts.cutter.fd, NULL);
	writ_cutter_close(&daemon->cuts.cutter);
	daemon->cuts.busy = false;
	daemon->cuts.told = true;
}

static void start(struct writ_daemon *daemon)
{
	struct writ_cuts *cuts = &daemon->cuts;
	int err;

	cuts->swept = take_ptr(cuts->waiting);
	cuts->n_swept = cuts->n_waiting;
	cuts->n_waiting = 0;
	cuts->ends = daemon->kernel->ends;
	if (cuts->n_swept)
		qsort(cuts->swept, cuts->n_swept, sizeof(*cuts->swept), by_id);
	err = writ_cutter_order(&cuts->cutter, cuts->swept, cuts->n_swept);
	cuts->runs = cuts->busy = !err;
	cuts->limit_ns = writ_time_boot() + WRIT_CUTS_LIMIT_NS;
	if (!err)
		return;
	fail(daemon, err);
	finish(daemon, WRIT_CUT_IN_PART);
}

void writ_cuts_tick(struct writ_daemon *daemon)
{
	struct writ_cuts *cuts = &daemon->cuts;
	uint64_t now = writ_time_boot();

	if (cuts->runs && now >= cuts->limit_ns) {
		cuts->runs = false;
		fail(daemon, -ETIME);
		finish(daemon, WRIT_CUT_IN_PART);
	}
	if (!cuts->next_ns) /* what ended while no writd ran is told within a second */
		cuts->next_ns = now + WRIT_CUTS_FIRST_NS;
	if (cuts->busy || now < cuts->next_ns ||
	    (!cuts->n_waiting && cuts->ends == daemon->kernel->ends))
		return;
	if (writ_cut_is_due(daemon->kernel))
		start(daemon);
	else
		cuts->ends = daemon->kernel->ends;
}

/* What comes after its time is up counts no more. */
static int keep(struct writ_cuts *cuts, const struct writ_cut_count *count)
{
	struct writ_cut_count *more;

	if (!cuts->runs)
		return 0;
	if (cuts->n_counts == WRIT_CUTS_COUNTS_MAX)
		return -EPROTO;
	more = realloc(cuts->counts, (cuts->n_counts + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	cuts->counts = more;
	cuts->counts[cuts->n_counts++] = *count;
	return 0;
}

static void end(struct writ_daemon *daemon, uint64_t how)
{
	struct writ_cuts *cuts = &daemon->cuts;
	bool ran = cuts->runs;

	cuts->runs = cuts->busy = false;
	if (how == WRIT_CUT_END)
		cuts->told = false;
	else
		fail(daemon, -EIO);
	if (ran)
		finish(daemon, how == WRIT_CUT_END ? WRIT_CUT_COUNTED : WRIT_CUT_IN_PART);
}

void writ_cuts_read(struct writ_daemon *daemon)
{
	struct writ_cuts *cuts = &daemon->cuts;
	struct writ_cut_count count;
	int result;

	while ((result = writ_cutter_answer(&cuts->cutter, &count)) > 0) {
		if (!cuts->busy) { /* it was asked nothing */
			result = -EPROTO;
			break;
		}
		if (count.grant == WRIT_CUT_END || count.grant == WRIT_CUT_PART) {
			end(daemon, count.grant);
			continue;
		}
		result = keep(cuts, &count);
		if (result)
			break;
	}
	if (!result)
		return;
	lose(daemon, result);
	if (cuts->runs) {
		cuts->runs = false;
		finish(daemon, WRIT_CUT_IN_PART);
	}
}

int writ_cuts_open(struct writ_daemon *daemon)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = &daemon->cuts};
	struct writ_cutter *cutter = &daemon->cuts.cutter;
	int err = writ_cutter_open(daemon->kernel, cutter);

	if (err || !epoll_ctl(daemon->epoll, EPOLL_CTL_ADD, cutter->fd, &event))
		return err;
	err = writ_log_errno(-errno, "watch the cutter");
	writ_cutter_close(cutter);
	return err;
}

void writ_cuts_close(struct writ_daemon *daemon)
{
	struct writ_cuts *cuts = &daemon->cuts;

	writ_cutter_close(&cuts->cutter);
	cuts->runs = cuts->busy = false;
	forget(cuts);
	free(cuts->waiting);
	cuts->waiting = NULL;
	cuts->n_waiting = 0;
}
