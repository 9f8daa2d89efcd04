/* SPDX-License-Identifier: Apache-2.0 */
/* See cutter.h: both ends of the channel. The sweep itself is a child of the cutter's. */
#include "daemon/cutter.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/guard.h"
#include "lib/cleanup.h"
#include "lib/credentials.h"
#include "lib/descriptors.h"
#include "lib/log.h"
#include "lib/time.h"

#define NS_PER_MS UINT64_C(1000000)

/* A sweep that runs, and what of the next count has been read. */
struct sweep {
	int channel;
	int fd;
	pid_t pid;
	struct writ_cut_count next;
	size_t used;
};

static bool is_end(const struct writ_cut_count *count)
{
	return count->grant == WRIT_CUT_END || count->grant == WRIT_CUT_PART;
}

static int answer(int channel, const struct writ_cut_count *count)
{
	return send(channel, count, sizeof(*count), MSG_NOSIGNAL) == sizeof(*count) ? 0 : -EPIPE;
}

/* 1: the sweep has told all; 0: more comes; -ENODATA: it ended before; -EPIPE: nobody listens. */
static int pass_on(struct sweep *sweep)
{
	ssize_t n;

	for (;;) {
		n = read(sweep->fd, (char *)&sweep->next + sweep->used,
			 sizeof(sweep->next) - sweep->used);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return 0;
		if (n <= 0)
			return -ENODATA;
		sweep->used += (size_t)n;
		if (sweep->used < sizeof(sweep->next))
			continue;
		sweep->used = 0;
		if (answer(sweep->channel, &sweep->next))
			return -EPIPE;
		if (is_end(&sweep->next))
			return 1;
	}
}

/* As pass_on(), at the end of the sweep; -ETIME: it took too long. */
static int follow(struct sweep *sweep)
{
	uint64_t limit = writ_time_boot() + WRIT_CUTTER_LIMIT_MS * NS_PER_MS;
	struct pollfd watched[] = {{.fd = sweep->fd, .events = POLLIN}, {.fd = sweep->channel}};
	uint64_t now;
	int result = 0;

	while (!result) {
		now = writ_time_boot();
		if (now >= limit)
			return -ETIME;
		if (poll(watched, 2, (int)((limit - now) / NS_PER_MS) + 1) < 0 && errno != EINTR)
			return -errno;
		if (watched[1].revents)
			return -EPIPE;
		result = pass_on(sweep);
	}
	return result;
}

static int obey(struct writ_kernel *kernel, const struct writ_cutter_order *order, int channel)
{
	static const struct writ_cut_count in_part = {.grant = WRIT_CUT_PART};
	struct sweep sweep = {.channel = channel, .fd = -1};
	int result = writ_cut_start(kernel, order->grants, order->n_grants, &sweep.fd, &sweep.pid);

	if (result)
		return answer(channel, &in_part);
	result = follow(&sweep);
	(void)kill(sweep.pid, SIGKILL); /* through, or never will be */
	writ_closep(&sweep.fd);
	if (result < 0 && result != -EPIPE)
		result = answer(channel, &in_part);
	(void)waitpid(sweep.pid, NULL, 0);
	return result < 0 ? result : 0;
}

int writ_cutter_run(struct writ_kernel *kernel, int channel)
{
	static struct writ_cutter_order order;
	ssize_t n;
	int err = 0;

	while (!err) {
		n = recv(channel, &order, sizeof(order), MSG_TRUNC);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : 0;
		if (n != sizeof(order) || order.size != sizeof(order) ||
		    order.n_grants > WRIT_CUTTER_GRANTS_MAX)
			return -EPROTO;
		err = obey(kernel, &order, channel);
	}
	return err == -EPIPE ? 0 : err;
}

/* Of the core's, which end it by its channel's end; not a terminal's, nor a service manager's. */
static void ignore_signals(void)
{
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
}

static int keep_descriptors(const struct writ_kernel *kernel, int channel)
{
	int kept[] = {channel, kernel->map_fds[WRIT_MAP_owners], kernel->map_fds[WRIT_MAP_reaches],
		      kernel->map_fds[WRIT_MAP_sock_reaches]};

	return writ_descriptors_keep(kept, sizeof(kept) / sizeof(kept[0]));
}

static int confine(void)
{
	int err = writ_credentials_keep(writ_cutter_capabilities());

	if (!err)
		err = writ_credentials_no_new();
	if (!err && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		err = -errno;
	return err;
}

static void __attribute__((noreturn))
run_child(struct writ_kernel *kernel, int channel, pid_t parent)
{
	int err = writ_guard_lend(kernel, parent);

	ignore_signals();
	(void)prctl(PR_SET_NAME, WRIT_CUTTER_NAME, 0, 0, 0);
	if (!err)
		err = keep_descriptors(kernel, channel);
	if (!err)
		err = confine();
	if (!err && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0))
		err = -errno;
	if (!err && getppid() != parent) /* it died before the signal was asked for */
		_exit(1);
	if (!err)
		err = writ_cutter_calls();
	if (!err)
		err = writ_cutter_run(kernel, channel);
	if (err)
		(void)writ_log_errno(err, "the cutter ends");
	_exit(err ? 1 : 0);
}

int writ_cutter_open(struct writ_kernel *kernel, struct writ_cutter *ret_cutter)
{
	_cleanup_close_ int ours = -1, theirs = -1;
	pid_t self = getpid(), pid;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return writ_log_errno(-errno, "the cutter's channel");
	ours = pair[0];
	theirs = pair[1];
	pid = fork();
	if (pid < 0)
		return writ_log_errno(-errno, "start the cutter");
	if (!pid)
		run_child(kernel, theirs, self);
	ret_cutter->fd = take_fd(&ours);
	ret_cutter->pid = pid;
	return 0;
}

int writ_cutter_order(const struct writ_cutter *cutter, const uint64_t *grants, size_t n)
{
	static struct writ_cutter_order order = {.size = sizeof(order)};

	if (!cutter->pid)
		return -ECHILD;
	if (n > WRIT_CUTTER_GRANTS_MAX)
		return -E2BIG;
	memset(order.grants, 0, sizeof(order.grants));
	if (n)
		memcpy(order.grants, grants, n * sizeof(*grants));
	order.n_grants = (uint32_t)n;
	if (send(cutter->fd, &order, sizeof(order), MSG_DONTWAIT | MSG_NOSIGNAL) != sizeof(order))
		return errno ? -errno : -EIO;
	return 0;
}

int writ_cutter_answer(const struct writ_cutter *cutter, struct writ_cut_count *ret_count)
{
	struct writ_cut_count count;
	ssize_t n;

	if (!cutter->pid)
		return -ECHILD;
	n = recv(cutter->fd, &count, sizeof(count), MSG_DONTWAIT | MSG_TRUNC);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n != sizeof(count))
		return n ? -EPROTO : -EPIPE;
	*ret_count = count;
	return 1;
}

/* Not by a signal: Landlock keeps the core's from it. Its channel's end ends it. */
void writ_cutter_close(struct writ_cutter *cutter)
{
	if (!cutter->pid)
		return;
	writ_closep(&cutter->fd);
	(void)waitpid(cutter->pid, NULL, WNOHANG);
	*cutter = (struct writ_cutter){.fd = -1};
}
