/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event loop: clients, children, signals, and a clock.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "daemon/runs.h"
#include "kernel/guard.h"
#include "kernel/reach.h"
#include "kernel/reclaim.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/time.h"

#define TICK_NS 50000000L
#define TICKS_PER_SECOND 20u

struct loop {
	struct writ_daemon *daemon;
	int signals;
	int timer;
	uint32_t ticks;
	int pin_error; /* last one told, 0: the pins are there */
};

static int watch(const struct writ_daemon *daemon, int fd, void *tag)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = tag};

	return epoll_ctl(daemon->epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int open_signals(struct loop *loop)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	loop->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return loop->signals < 0 ? -errno : watch(loop->daemon, loop->signals, &loop->signals);
}

static int open_timer(struct loop *loop)
{
	struct itimerspec spec = {{0, TICK_NS}, {0, TICK_NS}};

	loop->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (loop->timer < 0 || timerfd_settime(loop->timer, 0, &spec, NULL))
		return -errno;
	return watch(loop->daemon, loop->timer, &loop->timer);
}

/* A pin had gone. One that can't be made again is told once, not every second. */
static void note_pin(void *context, const char *pin, int err)
{
	struct loop *loop = context;
	char detail[256];

	if (err && err == loop->pin_error)
		return;
	loop->pin_error = err;
	(void)snprintf(detail, sizeof(detail),
		       err ? "%s was gone and can't be made again (%s); enforcement would end with "
			     "this writd"
			   : "%s was gone and is made again",
		       pin, strerror(-err));
	writ_error("%s", detail);
	writ_notes_daemon(loop->daemon, WRIT_DAEMON_EVENT_PIN_LOST, detail);
}

static void every_second(struct loop *loop)
{
	struct writ_daemon *daemon = loop->daemon;

	if (!writ_guard_mend(daemon->kernel, note_pin, loop))
		loop->pin_error = 0;
	writ_ends_age(daemon);
	writ_notices_age(daemon);
	writ_requests_tell(daemon, writ_time_boot());
	writ_serve_second(daemon);
	if (loop->ticks % (10 * TICKS_PER_SECOND) == 0)
		writ_reach_tend(daemon->kernel);
}

static void tick(struct loop *loop)
{
	uint64_t times;

	(void)!read(loop->timer, &times, sizeof(times));
	writ_notes_flush(loop->daemon);
	writ_broker_tick(loop->daemon);
	writ_reclaim_run(loop->daemon->kernel);
	writ_cuts_tick(loop->daemon);
	writ_audit_tick(loop->daemon);
	writ_halt_tick(loop->daemon);
	writ_forward_tick(loop->daemon);
	if (++loop->ticks % TICKS_PER_SECOND == 0)
		every_second(loop);
}

static void reload(struct writ_daemon *daemon)
{
	int err = writ_apply_policy(daemon);

	writ_notes_daemon(daemon,
			  err ? WRIT_DAEMON_EVENT_POLICY_REFUSED : WRIT_DAEMON_EVENT_POLICY_APPLIED,
			  daemon->options.policy);
	writ_notices_policy(daemon);
}

static void signalled(struct loop *loop)
{
	struct signalfd_siginfo info;

	if (read(loop->signals, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGHUP)
		reload(loop->daemon);
	else
		loop->daemon->stopping = true;
}

static void dispatch(struct loop *loop, const struct epoll_event *event)
{
	struct writ_daemon *daemon = loop->daemon;

	if (event->data.ptr == &loop->timer)
		tick(loop);
	else if (event->data.ptr == &loop->signals)
		signalled(loop);
	else if (event->data.ptr == &daemon->runs)
		writ_runs_poll(daemon->runs);
	else if (event->data.ptr == &daemon->cuts)
		writ_cuts_read(daemon);
	else if (event->data.ptr == &daemon->broker.child)
		writ_broker_reap(daemon);
	else if (event->data.ptr == &daemon->audit.child)
		writ_audit_reap(daemon);
	else if (event->data.ptr == &daemon->forward.child)
		writ_forward_reap(daemon);
	else if (event->data.ptr == &daemon->audit.channel)
		writ_audit_hear(daemon);
	else if (event->data.ptr == &daemon->listener)
		writ_serve_accept(daemon);
	else
		writ_serve_event(daemon, event->data.ptr, event->events);
}

static int turn(struct loop *loop)
{
	struct writ_daemon *daemon = loop->daemon;

	while (!daemon->stopping) {
		struct epoll_event event; /* one at a time: an event may free what the next names */
		int n = epoll_wait(daemon->epoll, &event, 1, -1);

		if (n < 0 && errno != EINTR)
			return writ_log_errno(-errno, "event loop");
		if (n == 1)
			dispatch(loop, &event);
	}
	return 0;
}

int writ_loop_run(struct writ_daemon *daemon)
{
	struct loop loop = {.daemon = daemon, .signals = -1, .timer = -1};
	int err = open_signals(&loop);

	if (!err)
		err = open_timer(&loop);
	if (!err)
		err = watch(daemon, writ_runs_fd(daemon->runs), &daemon->runs);
	err = err ? writ_log_errno(err, "event loop") : turn(&loop);
	writ_closep(&loop.signals);
	writ_closep(&loop.timer);
	return err;
}
