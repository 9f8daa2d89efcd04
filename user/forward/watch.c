/* SPDX-License-Identifier: Apache-2.0 */
/* See watch.h. */
#include "forward/watch.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "lib/cleanup.h"

#define EVENTS (IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE)

static int watch_directory(const char *log)
{
	char path[PATH_MAX];
	_cleanup_close_ int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (fd < 0 || snprintf(path, sizeof(path), "%s", log) >= (int)sizeof(path))
		return -1;
	if (inotify_add_watch(fd, dirname(path), EVENTS) < 0)
		return -1;
	return take_fd(&fd);
}

int writ_watch_open(const char *log, struct writ_watch *ret)
{
	pthread_condattr_t attributes;

	*ret = (struct writ_watch){.fd = -1};
	ret->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (ret->stop_fd < 0)
		return -errno;
	(void)pthread_mutex_init(&ret->mutex, NULL);
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&ret->changed, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	ret->fd = watch_directory(log);
	return 0;
}

void writ_watch_close(struct writ_watch *watch)
{
	writ_closep(&watch->fd);
	writ_closep(&watch->stop_fd);
	(void)pthread_cond_destroy(&watch->changed);
	(void)pthread_mutex_destroy(&watch->mutex);
	watch->fd = watch->stop_fd = -1;
}

static void wake(struct writ_watch *watch, bool stop)
{
	(void)pthread_mutex_lock(&watch->mutex);
	watch->changes++;
	watch->stopped |= stop;
	(void)pthread_cond_broadcast(&watch->changed);
	(void)pthread_mutex_unlock(&watch->mutex);
}

void writ_watch_read(struct writ_watch *watch)
{
	char events[4096];

	if (watch->fd < 0)
		return;
	while (read(watch->fd, events, sizeof(events)) > 0)
		;
	wake(watch, false);
}

uint64_t writ_watch_changes(struct writ_watch *watch)
{
	uint64_t changes;

	(void)pthread_mutex_lock(&watch->mutex);
	changes = watch->changes;
	(void)pthread_mutex_unlock(&watch->mutex);
	return changes;
}

static struct timespec after(int ms)
{
	struct timespec at;

	(void)clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += ms / 1000;
	at.tv_nsec += (long)(ms % 1000) * 1000000;
	if (at.tv_nsec >= 1000000000) {
		at.tv_nsec -= 1000000000;
		at.tv_sec++;
	}
	return at;
}

void writ_watch_wait(struct writ_watch *watch, uint64_t seen, int ms)
{
	const struct timespec until =
		after(watch->fd < 0 && ms > WRIT_WATCH_POLL_MS ? WRIT_WATCH_POLL_MS : ms);
	int err = 0;

	(void)pthread_mutex_lock(&watch->mutex);
	while (!err && watch->changes == seen && !watch->stopped)
		err = pthread_cond_timedwait(&watch->changed, &watch->mutex, &until);
	(void)pthread_mutex_unlock(&watch->mutex);
}

void writ_watch_stop(struct writ_watch *watch)
{
	const uint64_t one = 1;

	wake(watch, true);
	(void)!write(watch->stop_fd, &one, sizeof(one));
}

bool writ_watch_stopped(struct writ_watch *watch)
{
	bool stopped;

	(void)pthread_mutex_lock(&watch->mutex);
	stopped = watch->stopped;
	(void)pthread_mutex_unlock(&watch->mutex);
	return stopped;
}

bool writ_watch_sleep(const struct writ_watch *watch, int ms)
{
	struct pollfd stop = {.fd = watch->stop_fd, .events = POLLIN};

	return poll(&stop, 1, ms) == 1;
}

int writ_watch_poll(const struct writ_watch *watch, int fd, short events, int ms)
{
	struct pollfd fds[] = {{.fd = watch->stop_fd, .events = POLLIN},
			       {.fd = fd, .events = events}};
	int n;

	do
		n = poll(fds, 2, ms);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (!n)
		return -ETIMEDOUT;
	return fds[0].revents ? -ECANCELED : 0;
}
