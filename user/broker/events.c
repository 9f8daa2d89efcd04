/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The broker's one loop: notices of the core, HTTP, validators, signals. When the core is gone it
 * ends: the core that comes next starts its own broker.
 */
#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>

#include "broker/broker.h"
#include "broker/gather.h"
#include "broker/inbox.h"
#include "broker/validate.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/time.h"

static int open_signals(int *ret_fd)
{
	sigset_t set;
	int fd;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return -errno;
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

static int watch(int epoll, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int shorter(int left, int right)
{
	if (left < 0 || right < 0)
		return left < 0 ? right : left;
	return left < right ? left : right;
}

static int timeout_of(const struct writ_broker *broker)
{
	int timeout = shorter(writ_http_timeout(broker->http),
			      writ_validate_timeout(broker->validations));
	uint64_t now = writ_time_boot();

	timeout = shorter(timeout, writ_textfile_timeout(broker));
	if (writ_gather_waits(broker) || (broker->unsettled && broker->unsettled <= now))
		return 0;
	if (broker->unsettled)
		timeout = shorter(timeout, (int)((broker->unsettled - now) / 1000000) + 1);
	return timeout;
}

static bool is_told_to_stop(int signals)
{
	struct signalfd_siginfo info;

	return read(signals, &info, sizeof(info)) == sizeof(info);
}

/*
 * A turn ends with questions to the core: who has come, and what is to be issued. While it works on
 * them the next turn reads requests and writes them down. Its answers are taken before anything
 * else is asked or heard: an end's notice must not be heard before its grant is written down.
 * Notices come late: questions that were asked may have brought some, with no event of theirs.
 */
static int turn(struct writ_broker *broker, int epoll, int signals)
{
	struct epoll_event events[4];
	int err;

	if (epoll_wait(epoll, events, 4, timeout_of(broker)) < 0 && errno != EINTR)
		return -errno;
	if (is_told_to_stop(signals))
		broker->stopping = true;
	writ_http_admit(broker->http);
	writ_http_run(broker->http);
	if (writ_gather_begin(broker))
		writ_inbox_ends(broker); /* one transaction for all that a turn writes down */
	if (writ_gather_end(broker))
		writ_http_run(broker->http); /* now: who waits has waited for the core already */
	writ_validate_run(broker->validations);
	writ_textfile_run(broker);
	err = writ_inbox_take(broker);
	if (!err)
		err = writ_inbox_retry(broker);
	if (err)
		return err;
	writ_http_accept(broker->http);
	writ_gather_put();
	return writ_core_check(broker->core);
}

/* In the order in which a turn asks. */
static void finish(void *context)
{
	struct writ_broker *broker = context;

	writ_http_admit(broker->http);
	(void)writ_gather_finish_asked(broker);
}

int writ_events_run(struct writ_broker *broker)
{
	_cleanup_close_ int epoll = epoll_create1(EPOLL_CLOEXEC);
	_cleanup_close_ int signals = -1;
	int err = epoll < 0 ? -errno : open_signals(&signals);

	if (!err)
		err = watch(epoll, signals);
	if (!err)
		err = watch(epoll, writ_core_fd(broker->core));
	if (!err)
		err = watch(epoll, writ_http_fd(broker->http));
	if (!err)
		err = watch(epoll, writ_validate_fd(broker->validations));
	if (err)
		return writ_log_errno(err, "event loop");
	writ_core_finish_by(broker->core, finish, broker);
	while (!err && !broker->stopping)
		err = turn(broker, epoll, signals);
	writ_http_admit(broker->http);
	(void)writ_gather_finish(broker);
	writ_http_run(broker->http); /* for those who have an answer that they were not told */
	return err;
}
