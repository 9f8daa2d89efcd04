/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See http.h. One libmicrohttpd for both sockets, driven from outside; listen.c accepts, exchange.c
 * has the requests. Here: the deadlines. libmicrohttpd's own time limit is of silence, and who
 * sends a byte now and then is never silent; so each request has a moment at which it must be
 * whole.
 */
#include "broker/http.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "broker/connection.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/time.h"

#define RUNS_MAX 4 /* of libmicrohttpd in one go, while it has something to do */

void writ_http_due(struct writ_http *http, uint64_t when)
{
	if (when < http->due)
		http->due = when;
}

/* A connection has been taken, or is closed. */
static void notice_connection(void *context, struct MHD_Connection *mhd, void **socket_context,
			      enum MHD_ConnectionNotificationCode what)
{
	struct writ_http *http = context;

	(void)mhd;
	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		*socket_context = take_ptr(http->accepting);
	} else if (*socket_context) {
		writ_listen_drop(*socket_context);
		*socket_context = NULL;
	}
}

/* As libmicrohttpd does, but a NUL would end the text early: it becomes what matches nothing. */
static size_t unescape(void *context, struct MHD_Connection *mhd, char *text)
{
	size_t len;

	(void)context;
	(void)mhd;
	for (char *percent = strstr(text, "%00"); percent; percent = strstr(percent + 1, "%00"))
		memcpy(percent, "%01", 3);
	len = MHD_http_unescape(text);
	return len;
}

static int start(struct writ_http *http)
{
	const union MHD_DaemonInfo *info;
	struct epoll_event event = {.events = EPOLLIN};

	http->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
		writ_exchange_serve, http, MHD_OPTION_NOTIFY_CONNECTION, notice_connection, http,
		MHD_OPTION_NOTIFY_COMPLETED, writ_exchange_end, http, MHD_OPTION_UNESCAPE_CALLBACK,
		unescape, http, MHD_OPTION_CONNECTION_LIMIT, WRIT_HTTP_CONNECTIONS_MAX,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)WRIT_HTTP_MEMORY,
		MHD_OPTION_CONNECTION_TIMEOUT, 0u, MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
	if (!http->daemon)
		return -ENOMEM;
	info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info || info->epoll_fd < 0)
		return -EINVAL;
	event.data.fd = info->epoll_fd;
	return epoll_ctl(http->epoll, EPOLL_CTL_ADD, info->epoll_fd, &event) ? -errno : 0;
}

static int listen_on(struct writ_http *http, int listener)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
	int flags = fcntl(listener, F_GETFL);

	if (flags < 0 || fcntl(listener, F_SETFL, flags | O_NONBLOCK) ||
	    epoll_ctl(http->epoll, EPOLL_CTL_ADD, listener, &event))
		return -errno;
	return 0;
}

int writ_http_open(struct writ_broker *broker, int agents, int operators,
		   struct writ_http **ret_http)
{
	_cleanup_(writ_http_closep) struct writ_http *http = calloc(1, sizeof(*http));
	int err;

	if (!http) {
		writ_closep(&agents);
		writ_closep(&operators);
		return -ENOMEM;
	}
	*http = (struct writ_http){
		.broker = broker,
		.due = UINT64_MAX,
		.epoll = epoll_create1(EPOLL_CLOEXEC),
		.agents = agents,
		.operators = operators,
	};
	err = http->epoll < 0 ? -errno : writ_quota_open(&http->quota);
	if (!err)
		err = start(http);
	if (!err)
		err = listen_on(http, agents);
	if (!err)
		err = listen_on(http, operators);
	if (err)
		return writ_log_errno(err, "can't serve HTTP");
	*ret_http = take_ptr(http);
	return 0;
}

static void wake(struct writ_http *http, bool all)
{
	for (struct writ_connection *each = http->connections; each; each = each->next) {
		if (!each->exchange || !writ_exchange_waits(each->exchange) ||
		    (!all && writ_exchange_is_kept(each->exchange)))
			continue;
		writ_exchange_resume(each->exchange);
		http->kick = true;
	}
}

void writ_http_closep(struct writ_http **http)
{
	struct writ_http *closing = take_ptr(*http);

	if (!closing)
		return;
	if (closing->daemon) {
		wake(closing, true); /* it must not stop with a connection that waits */
		MHD_stop_daemon(closing->daemon);
	}
	while (closing->connections)
		writ_listen_drop(closing->connections);
	for (size_t i = 0; i < closing->n_arrivals; i++)
		(void)close(closing->arrivals[i].fd);
	writ_quota_closep(&closing->quota);
	writ_closep(&closing->epoll);
	writ_closep(&closing->agents);
	writ_closep(&closing->operators);
	free(closing);
}

int writ_http_fd(const struct writ_http *http)
{
	return http->epoll;
}

int writ_http_timeout(const struct writ_http *http)
{
	uint64_t now = writ_time_boot();
	MHD_UNSIGNED_LONG_LONG wanted = 0;
	uint64_t timeout = UINT64_MAX;

	if (http->kick || http->due <= now)
		return 0;
	if (http->due != UINT64_MAX)
		timeout = (http->due - now) / 1000000 + 1;
	if (MHD_get_timeout(http->daemon, &wanted) == MHD_YES && wanted < timeout)
		timeout = wanted;
	return timeout > 60000 ? (timeout == UINT64_MAX ? -1 : 60000) : (int)timeout;
}

/* Too late: libmicrohttpd finds the end of the stream, and closes. */
static void check_deadline(struct writ_connection *connection, uint64_t now)
{
	uint64_t waits = connection->exchange ? writ_exchange_waits(connection->exchange) : 0;

	if (waits && now >= waits) {
		writ_exchange_resume(connection->exchange);
		connection->http->kick = true;
	} else if (waits) {
		writ_http_due(connection->http, waits);
	} else if (connection->deadline && now >= connection->deadline) {
		(void)shutdown(connection->fd, SHUT_RDWR);
		connection->deadline = 0;
	} else if (connection->deadline) {
		writ_http_due(connection->http, connection->deadline);
	}
}

static void check_deadlines(struct writ_http *http, uint64_t now)
{
	http->due = UINT64_MAX;
	if (http->paused && now >= http->paused) {
		http->paused = 0;
		(void)writ_listen_watch(http, true);
	} else if (http->paused) {
		writ_http_due(http, http->paused);
	}
	for (struct writ_connection *each = http->connections; each; each = each->next)
		check_deadline(each, now);
}

void writ_http_run(struct writ_http *http)
{
	uint64_t now = writ_time_boot();
	MHD_UNSIGNED_LONG_LONG wanted;

	if (now >= http->due)
		check_deadlines(http, now);
	http->kick = false;
	for (int i = 0; i < RUNS_MAX; i++) {
		(void)MHD_run(http->daemon);
		if (MHD_get_timeout(http->daemon, &wanted) != MHD_YES || wanted)
			break;
	}
}

void writ_http_accept(struct writ_http *http)
{
	struct epoll_event events[3];
	int count = epoll_wait(http->epoll, events, 3, 0);

	for (int i = 0; i < count; i++)
		if (events[i].data.fd == http->agents || events[i].data.fd == http->operators)
			writ_listen_accept(http, events[i].data.fd == http->operators);
}

void writ_http_admit(struct writ_http *http)
{
	writ_listen_admit(http);
}

void writ_http_wake(struct writ_http *http)
{
	wake(http, false);
}

void writ_http_attest_again(struct writ_http *http)
{
	http->attestation++;
}
