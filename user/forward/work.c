/* SPDX-License-Identifier: Apache-2.0 */
/* See forward.h: one worker. Its threads are the sinks; this one waits, wakes them and measures. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compile/policy.h"
#include "forward/alerts.h"
#include "forward/cursor.h"
#include "forward/forward.h"
#include "forward/live.h"
#include "forward/lockdown.h"
#include "forward/out.h"
#include "forward/sink.h"
#include "lib/cleanup.h"
#include "lib/log.h"

#define MEASURE_MS 1000

struct work {
	const struct writ_forward *forward;
	struct writ_policy *policy;
	const struct writ_policy_audit *audit;
	struct writ_forward_page *page;
	struct writ_forward_page own; /* when nobody looks at it */
	struct writ_watch watch;
	struct writ_meter *meter;
	struct writ_sink_common common;
	struct writ_sink *sinks[WRIT_SINKS_MAX];
	struct writ_place places[WRIT_SINKS_MAX];
	bool has_place[WRIT_SINKS_MAX];
	struct writ_alerts *alerts;
	struct writ_live *live;
};

static int load_policy(struct work *work)
{
	static const struct writ_policy_audit nothing;
	struct writ_diagnostics diags = {0};
	int err = writ_policy_load(&work->forward->policy, 1, &diags, &work->policy);

	for (size_t i = 0; i < diags.count; i++)
		if (diags.items[i].severity == WRIT_SEVERITY_ERROR)
			writ_error("%s:%u:%u: %s",
				   diags.items[i].file ? diags.items[i].file
						       : work->forward->policy,
				   diags.items[i].line, diags.items[i].column, diags.items[i].text);
	writ_diagnostics_free(&diags);
	if (err)
		return writ_log_errno(err, "policy %s", work->forward->policy);
	work->audit = work->policy->node ? &work->policy->node->audit : &nothing;
	for (size_t i = 0; i < work->audit->n_sinks; i++) {
		if (work->audit->sinks[i].type != WRIT_SINK_KAFKA || writ_out_has_kafka())
			continue;
		writ_error("sink %s: this writ-forward was built without Kafka; build it where "
			   "librdkafka-dev is installed, or take the sink out of the policy",
			   work->audit->sinks[i].name);
		return -EOPNOTSUPP;
	}
	return 0;
}

static int map_page(struct work *work)
{
	struct stat found;
	void *page;

	work->page = &work->own;
	if (work->forward->page < 0)
		return 0;
	if (fstat(work->forward->page, &found) || !S_ISREG(found.st_mode) ||
	    (size_t)found.st_size != sizeof(*work->page)) {
		writ_error("descriptor %d is no page of counters; who starts this program gives it",
			   work->forward->page);
		return -EBADF;
	}
	page = mmap(NULL, sizeof(*work->page), PROT_READ | PROT_WRITE, MAP_SHARED,
		    work->forward->page, 0);
	if (page == MAP_FAILED)
		return writ_log_errno(-errno, "page of counters");
	work->page = page;
	return 0;
}

/* A cursor that can't be read is as none: lines go out again rather than not at all. */
static void load_cursors(struct work *work)
{
	for (size_t i = 0; i < work->audit->n_sinks; i++) {
		const char *name = work->audit->sinks[i].name;
		int err = writ_cursor_load(work->forward->state, name, &work->places[i]);

		work->has_place[i] = !err;
		if (err == -ENOENT)
			writ_info("sink %s is new: it gets all that the log has", name);
		else if (err)
			(void)writ_log_errno(err,
					     "cursor of sink %s in %s; it gets the whole log again",
					     name, work->forward->state);
	}
}

/* Where counting must begin: at the segment of the sink that is furthest behind. */
static uint64_t first_segment(const struct work *work)
{
	uint64_t first = UINT64_MAX;

	for (size_t i = 0; i < work->audit->n_sinks; i++) {
		uint64_t segment = work->has_place[i] ? work->places[i].segment : 0;

		first = segment < first ? segment : first;
	}
	return first;
}

static int start_sinks(struct work *work)
{
	static const char *const types[] = {
#define WORD(name, word) word,
		WRIT_SINK_TYPE_LIST(WORD)
#undef WORD
	};
	int err = 0;

	for (size_t i = 0; !err && i < work->audit->n_sinks; i++) {
		const struct writ_policy_sink *policy = &work->audit->sinks[i];

		writ_page_row(&work->page->rows[i], policy->name, types[policy->type]);
		err = writ_sink_start(&work->common, policy,
				      work->has_place[i] ? &work->places[i] : NULL,
				      &work->page->rows[i], &work->sinks[i]);
	}
	return err;
}

static int start_others(struct work *work)
{
	struct writ_forward_row *row = &work->page->rows[work->audit->n_sinks];
	int err = 0;

	if (work->audit->n_alerts) {
		writ_page_row(row, "alerts", "alerts");
		err = writ_alerts_start(&work->common, work->audit, work->page, row++,
					&work->alerts);
	}
	if (!err && work->forward->live >= 0) {
		writ_page_row(row, "live", "live");
		err = writ_live_open(&work->common, work->forward->live, row++, &work->live);
	}
	writ_page_set(&work->page->n, (uint32_t)(row - work->page->rows));
	return err;
}

static bool may_skip(const struct writ_policy_audit *audit)
{
	for (size_t i = 0; i < audit->n_sinks; i++)
		if (audit->sinks[i].behind == WRIT_BEHIND_SKIP)
			return true;
	return false;
}

static int start(struct work *work)
{
	int err = writ_watch_open(work->forward->log, &work->watch);

	if (err)
		return writ_log_errno(err, "watch of %s", work->forward->log);
	if (work->watch.fd < 0)
		writ_warning("no inotify for the log's directory; looking %d times a second",
			     1000 / WRIT_WATCH_POLL_MS);
	load_cursors(work);
	err = writ_meter_open(work->forward->log, first_segment(work), &work->meter);
	if (err)
		return writ_log_errno(err, "meter");
	work->common = (struct writ_sink_common){work->forward->log, work->forward->state,
						 &work->watch, work->meter};
	memset(work->page->rows, 0, sizeof(work->page->rows));
	writ_page_set(&work->page->version, WRIT_FORWARD_PAGE_VERSION);
	writ_page_add(&work->page->policies, 1);
	if (may_skip(work->audit)) /* what is too much must be known first */
		(void)writ_meter_update(work->meter);
	err = start_sinks(work);
	if (!err)
		err = start_others(work);
	return err ? writ_log_errno(err, "start of the sinks") : 0;
}

static void stop(struct work *work)
{
	writ_watch_stop(&work->watch);
	for (size_t i = 0; i < WRIT_SINKS_MAX; i++)
		writ_sink_join(work->sinks[i]);
	writ_alerts_join(work->alerts);
	writ_live_close(work->live);
	writ_meter_close(work->meter);
	writ_watch_close(&work->watch);
}

static void measure(struct work *work)
{
	(void)writ_meter_update(work->meter); /* what is wrong with the log, each sink says */
	for (size_t i = 0; i < work->audit->n_sinks; i++)
		writ_sink_measure(work->sinks[i]);
}

/* Does anybody get lines? While nobody does, the log is neither watched nor counted. */
static bool is_read(const struct work *work)
{
	return work->audit->n_sinks || work->audit->n_alerts || writ_live_count(work->live);
}

/* From here on, for the first subscriber: what nobody waited for need not be counted. */
static void renew_meter(struct work *work)
{
	struct writ_meter *meter = NULL;

	if (writ_meter_open(work->forward->log, UINT64_MAX, &meter))
		return; /* the old one counts more than it must, and that is all */
	writ_meter_close(work->meter);
	work->meter = work->common.meter = meter;
}

/* Until @signals says that it is over. */
static void loop(struct work *work, int signals)
{
	struct pollfd fds[] = {
		{.fd = signals, .events = POLLIN},
		{.fd = -1, .events = POLLIN},
		{.fd = work->live ? work->forward->live : -1, .events = POLLIN},
	};

	for (;;) {
		const bool read = is_read(work);
		int n;

		fds[1].fd = read ? work->watch.fd : -1; /* left unread, it takes a bounded room */
		n = poll(fds, sizeof(fds) / sizeof(fds[0]), read ? MEASURE_MS : -1);
		if (n > 0 && fds[0].revents)
			return;
		if (n > 0 && fds[1].revents)
			writ_watch_read(&work->watch);
		if (n > 0 && fds[2].revents) {
			if (!read)
				renew_meter(work);
			writ_live_accept(work->live);
		}
		if (read)
			measure(work);
	}
}

/* "I can", and waits for "go". False: another one stays. */
static bool is_wanted(int ready)
{
	char byte = 1;

	return write(ready, &byte, 1) == 1 && read(ready, &byte, 1) == 1;
}

static int run(struct work *work, int ready)
{
	_cleanup_close_ int signals = -1;
	sigset_t ends;
	int err = load_policy(work);

	if (!err)
		err = map_page(work);
	if (!err)
		err = writ_lockdown_worker(work->forward->log, work->forward->state, work->audit);
	if (err)
		return err;
	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &ends, NULL);
	signals = signalfd(-1, &ends, SFD_CLOEXEC);
	if (signals < 0)
		return writ_log_errno(-errno, "signals");
	if (!is_wanted(ready))
		return 0;
	err = start(work);
	if (!err) {
		writ_info("ready: %zu sinks, %zu alerts", work->audit->n_sinks,
			  work->audit->n_alerts);
		loop(work, signals);
	}
	stop(work);
	return err;
}

int writ_forward_work(const struct writ_forward *forward, int ready)
{
	struct work *work = calloc(1, sizeof(*work));
	int err;

	if (!work)
		return EXIT_FAILURE;
	work->forward = forward;
	err = run(work, ready);
	writ_policy_free(work->policy);
	free(work);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
