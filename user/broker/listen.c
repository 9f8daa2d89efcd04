/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection comes in: the core says whose it is, before a byte of it is read, so that silent
 * connections count for who made them. Who has too many is told so and the connection closed.
 * Without an attestation there is no connection.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "broker/broker.h"
#include "broker/connection.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/time.h"

#define ACCEPTS_MAX 32u		     /* in one go: requests that are there are not kept waiting */
#define PAUSE_NS UINT64_C(100000000) /* without descriptors or memory */

int writ_listen_watch(struct writ_http *http, bool watch)
{
	const int fds[] = {http->agents, http->operators};

	for (size_t i = 0; i < 2; i++) {
		struct epoll_event event = {.events = watch ? EPOLLIN : 0, .data.fd = fds[i]};

		if (epoll_ctl(http->epoll, EPOLL_CTL_MOD, fds[i], &event))
			return -errno;
	}
	return 0;
}

struct attestation {
	struct writ_attest_row who;
	bool found;
};

static void take_row(void *context, const struct writ_reply *row)
{
	struct attestation *attestation = context;

	attestation->who = row->attest;
	attestation->found = true;
}

static const struct writ_request who_is_it = {.verb = WRIT_VERB_ATTEST};

static int check(const struct attestation *attestation, int err, char error[WRIT_ERROR_SIZE])
{
	if (err || attestation->found)
		return err;
	(void)strcpy(error, "the core did not say who calls");
	return -EPROTO;
}

int writ_listen_attest(const struct writ_http *http, int fd, struct writ_attest_row *ret_who,
		       char ret_error[WRIT_ERROR_SIZE])
{
	struct attestation attestation = {0};
	int err = writ_core_ask(http->broker->core, &who_is_it, fd, take_row, &attestation,
				ret_error);

	err = check(&attestation, err, ret_error);
	if (!err)
		*ret_who = attestation.who;
	return err;
}

/* The answer without libmicrohttpd: what fits into the socket's buffer, or nothing. */
static void turn_away(int fd, struct writ_http_answer *answer)
{
	_cleanup_free_ char *body = answer->body ? json_dumps(answer->body, JSON_COMPACT) : NULL;
	_cleanup_free_ char *text = NULL;

	json_decref(answer->body);
	if (asprintf(&text,
		     "HTTP/1.1 %u Service Unavailable\r\nConnection: close\r\n"
		     "Content-Type: application/json\r\nRetry-After: 1\r\n"
		     "Content-Length: %zu\r\n\r\n%s\n",
		     answer->status, body ? strlen(body) + 1 : 1, body ? body : "") >= 0)
		(void)send(fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL);
	else
		text = NULL;
}

static void turn_away_busy(int fd, const char *message)
{
	struct writ_http_answer answer = {0};

	writ_http_fail(&answer, WRIT_HTTP_ERROR_CONNECTIONS, message,
		       "close connections that are not used, and ask again");
	turn_away(fd, &answer);
}

static void turn_away_unknown(int fd, const char *error)
{
	struct writ_http_answer answer = {0};

	writ_warning("a connection could not be attested: %s", error);
	writ_http_refuse(&answer, WRIT_REFUSAL_CORE, error, "ask again, or see writd's log", 1);
	turn_away(fd, &answer);
}

static struct writ_connection *keep(struct writ_http *http, int fd, bool operators,
				    const struct writ_attest_row *who, struct writ_caller *caller)
{
	struct writ_connection *connection = calloc(1, sizeof(*connection));

	if (!connection)
		return NULL;
	*connection = (struct writ_connection){
		.next = http->connections,
		.http = http,
		.caller = caller,
		.who = *who,
		.attestation = http->attestation,
		.deadline = writ_time_boot() + WRIT_HTTP_IDLE_SECONDS * WRIT_NS_PER_SECOND,
		.fd = fd,
		.operators = operators,
	};
	if (connection->next)
		connection->next->previous = connection;
	http->connections = connection;
	http->n_connections++;
	http->n_agents += !operators;
	writ_http_due(http, connection->deadline);
	return connection;
}

void writ_listen_drop(struct writ_connection *connection)
{
	struct writ_http *http = connection->http;

	*(connection->previous ? &connection->previous->next : &http->connections) =
		connection->next;
	if (connection->next)
		connection->next->previous = connection->previous;
	if (http->accepting == connection)
		http->accepting = NULL;
	http->n_connections--;
	http->n_agents -= !connection->operators;
	writ_quota_leave(connection->caller);
	free(connection);
}

/* libmicrohttpd closes the descriptor, also of a connection that it does not take. */
static void hand_over(struct writ_http *http, struct writ_connection *connection)
{
	const struct sockaddr_un nobody = {.sun_family = AF_UNIX};

	http->accepting = connection;
	if (MHD_add_connection(http->daemon, connection->fd, (const struct sockaddr *)&nobody,
			       sizeof(nobody)) != MHD_YES &&
	    http->accepting)
		writ_listen_drop(connection);
	http->accepting = NULL;
}

/* With @more that come just now. */
static bool is_full(const struct writ_http *http, size_t more, bool operators)
{
	const size_t most = WRIT_HTTP_CONNECTIONS_MAX;

	return http->n_connections + more >= most ||
	       (!operators && http->n_agents + more >= most - WRIT_HTTP_RESERVED);
}

static void admit(struct writ_http *http, const struct writ_arrival *arrival)
{
	_cleanup_close_ int fd = arrival->fd;
	struct attestation attestation = {0};
	const struct writ_attest_row *who = &attestation.who;
	struct writ_connection *connection;
	struct writ_caller *caller = NULL;
	char error[WRIT_ERROR_SIZE];
	int err = writ_core_take(http->broker->core, WRIT_VERB_ATTEST, take_row, &attestation,
				 error);

	if (check(&attestation, err, error)) {
		turn_away_unknown(fd, error);
		return;
	}
	err = writ_quota_enter(http->quota, who, writ_time_boot(), &caller);
	if (err == -EBUSY)
		turn_away_busy(fd, "you have too many connections");
	if (err)
		return;
	connection = keep(http, fd, arrival->operators, who, caller);
	if (!connection) {
		writ_quota_leave(caller);
		return;
	}
	(void)take_fd(&fd);
	hand_over(http, connection);
}

/* What waits on the listener stays there; who comes finds the queue full, in the end. */
static void pause_accepting(struct writ_http *http, int err)
{
	(void)writ_log_errno(err, "no connections are accepted for a moment");
	if (writ_listen_watch(http, false))
		return;
	http->paused = writ_time_boot() + PAUSE_NS;
	writ_http_due(http, http->paused);
}

/* The next one, or -errno; -EAGAIN: there is none. */
static int accept_next(int listener)
{
	int fd;

	do
		fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
	return fd < 0 ? -errno : fd;
}

void writ_listen_admit(struct writ_http *http)
{
	for (size_t i = 0; i < http->n_arrivals; i++)
		admit(http, &http->arrivals[i]);
	http->n_arrivals = 0;
}

static void arrive(struct writ_http *http, int accepted, bool operators)
{
	_cleanup_close_ int fd = accepted;
	char error[WRIT_ERROR_SIZE];

	if (is_full(http, http->n_arrivals, operators))
		turn_away_busy(fd, "the broker has too many connections");
	else if (writ_core_put(http->broker->core, &who_is_it, fd, error))
		turn_away_unknown(fd, error);
	else
		http->arrivals[http->n_arrivals++] = (struct writ_arrival){take_fd(&fd), operators};
}

void writ_listen_accept(struct writ_http *http, bool operators)
{
	for (unsigned int i = 0; i < ACCEPTS_MAX; i++) {
		int fd = accept_next(operators ? http->operators : http->agents);

		if (fd < 0 && fd != -EAGAIN)
			pause_accepting(http, fd);
		if (fd < 0)
			return;
		if (http->n_arrivals == WRIT_HTTP_ARRIVALS_MAX)
			writ_listen_admit(http);
		arrive(http, fd, operators);
	}
}
