/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop of writ-audit: the ring, the core's words, a clock. The ring is looked at every 50 ms as
 * well, because the hooks wake its reader only when much waits.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#include "audit/lookup.h"
#include "audit/process.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/time.h"

#define TICK_MS 50
#define STOP_TRIES 40 /* of a tick each: for a disk that fails just then */

static void tell_write_error(struct writ_audit_process *audit, int err)
{
	if (err && err != audit->write_error)
		(void)writ_log_errno(err,
				     "audit log %s: records wait, and are counted as lost when "
				     "the ring is full; enforcement goes on",
				     audit->log);
	else if (!err && audit->write_error)
		writ_info("audit log %s takes lines again", audit->log);
	audit->write_error = err;
}

/* For `writ status`. Whole words, in no order: people look at them. */
static void publish(struct writ_audit_process *audit, int err)
{
	struct writ_audit_page *page = audit->page;
	struct writ_stream_totals now;

	writ_stream_totals(audit->stream, &now);
	page->records = audit->base.records + now.records;
	page->written = audit->base.written + now.written;
	page->canaries = audit->base.canaries + now.canaries;
	page->skipped = audit->base.skipped + now.skipped;
	page->dropped = audit->base.dropped + now.dropped;
	page->bad = audit->base.bad + now.bad;
	page->missing = audit->base.missing + now.missing;
	page->remedies_left_out = audit->base.remedies_left_out + now.remedies_left_out;
	page->error = err;
	page->rounds += !err;
}

/* A disk that fails is tried again at the next look, not at once. */
static void rest(void)
{
	const struct timespec tick = {.tv_nsec = TICK_MS * 1000000L};

	(void)nanosleep(&tick, NULL);
}

static int drain(struct writ_audit_process *audit)
{
	int err;

	writ_names_renew(audit->names);
	err = writ_ring_drain(audit->ring);
	tell_write_error(audit, err);
	publish(audit, err);
	writ_figures_drained(audit, err);
	writ_copies_send(audit->copies, WRIT_AUDIT_FD_CHANNEL);
	return err;
}

static void note_lost(void *context, uint32_t cpu, uint64_t lost)
{
	struct writ_audit_process *audit = context;

	writ_stream_poll(audit->stream, cpu, lost, writ_time_boot());
}

static void look_for_losses(struct writ_audit_process *audit)
{
	(void)writ_lookup_lost(WRIT_AUDIT_FD_COUNTERS, audit->page->cpus, note_lost, audit);
}

/* The last of it: what was lost after the last record, too. */
static void stop(struct writ_audit_process *audit)
{
	for (int i = 0; i < STOP_TRIES && drain(audit); i++)
		rest();
	look_for_losses(audit);
	(void)drain(audit);
	writ_figures_tick(audit);
}

/* -EAGAIN: go on; 0: the core said stop; -EPIPE: it is gone. */
static int hear(struct writ_audit_process *audit)
{
	uint32_t word = 0;
	ssize_t len = recv(WRIT_AUDIT_FD_CHANNEL, &word, sizeof(word), MSG_DONTWAIT);

	if (len == 0 || (len < 0 && errno != EAGAIN && errno != EINTR))
		return -EPIPE;
	if (len != sizeof(word))
		return -EAGAIN;
	if (word == WRIT_AUDIT_STOP)
		return 0;
	(void)drain(audit); /* before another policy, too: what waited was denied by this one */
	if (word == WRIT_AUDIT_POLICY) {
		writ_known_read(audit);
		writ_keep_changed(audit);
	}
	return -EAGAIN;
}

static int watch(int epoll, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int turn(struct writ_audit_process *audit, int epoll)
{
	uint64_t second = 0;
	int result = -EAGAIN;

	while (result == -EAGAIN) {
		struct epoll_event event = {.data.fd = -1};
		int n = epoll_wait(epoll, &event, 1, TICK_MS);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 1 && event.data.fd == WRIT_AUDIT_FD_CHANNEL)
			result = hear(audit);
		else if (drain(audit))
			rest();
		if (writ_time_boot() / WRIT_NS_PER_SECOND == second)
			continue;
		second = writ_time_boot() / WRIT_NS_PER_SECOND;
		look_for_losses(audit);
		writ_keep_tick(audit);
		writ_figures_tick(audit);
	}
	return result;
}

int writ_loop_audit(struct writ_audit_process *audit)
{
	_cleanup_close_ int epoll = epoll_create1(EPOLL_CLOEXEC);
	int err = epoll < 0 ? -errno : watch(epoll, WRIT_AUDIT_FD_EVENTS);

	if (!err)
		err = watch(epoll, WRIT_AUDIT_FD_CHANNEL);
	if (err)
		return writ_log_errno(err, "event loop");
	err = turn(audit, epoll);
	if (!err || err == -EPIPE)
		stop(audit);
	return err;
}
