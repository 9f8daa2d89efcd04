/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The real http.c and core.c, in a thread, between two stand-ins: a core that says who calls by the
 * name that a client's socket was bound to ("agent-3", "user-7", "operator-1"; a digit more tells
 * sockets apart), and clients that write bytes and read them.
 */
#ifndef TEST_HTTP_HELPER_H
#define TEST_HTTP_HELPER_H

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "broker/broker.h"

static struct {
	int core; /* the core's end */
	pthread_t core_thread;
	pthread_t thread;
	atomic_int attested;
	atomic_int mute; /* the core answers -EIO */
	atomic_int suspended;
	int stop; /* eventfd */
	int wake;
	int again;
	int tick; /* look at the time */
	char agents[64];
	char operators[64];
	struct writ_broker broker;
	atomic_int serial;
} web;

static inline int take_passed(struct msghdr *message)
{
	int fd = -1;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
		if (c->cmsg_type == SCM_RIGHTS)
			memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

static inline void attest(int fd, struct writ_attest_row *who)
{
	struct sockaddr_un peer = {0};
	socklen_t len = sizeof(peer);
	char kind[16] = "";
	unsigned int number = 0;

	if (getpeername(fd, (struct sockaddr *)&peer, &len) ||
	    sscanf(peer.sun_path + 1, "%15[a-z]-%u", kind, &number) != 2)
		abort();
	*who = (struct writ_attest_row){.uid = number, .pid = 1};
	who->is_operator = !strcmp(kind, "operator");
	who->suspended = (unsigned int)atomic_load(&web.suspended);
	if (!strcmp(kind, "agent")) {
		who->agent_index = number + 2;
		(void)snprintf(who->agent, sizeof(who->agent), "agent-%u", number);
	}
}

static inline void *core_serve(void *argument)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	static struct writ_request request;

	while (true) {
		struct iovec iov = {.iov_base = &request, .iov_len = sizeof(request)};
		struct msghdr message = {.msg_iov = &iov,
					 .msg_iovlen = 1,
					 .msg_control = control.bytes,
					 .msg_controllen = sizeof(control.bytes)};
		struct writ_reply row = {.version = WRIT_CONTROL_VERSION,
					 .type = WRIT_REPLY_ATTEST};
		struct writ_reply end = {.version = WRIT_CONTROL_VERSION, .type = WRIT_REPLY_END};
		int fd;

		if (recvmsg(web.core, &message, MSG_CMSG_CLOEXEC) <= 0)
			return argument;
		fd = take_passed(&message);
		if (atomic_load(&web.mute)) {
			end.code = -EIO;
			(void)strcpy(end.error, "the map can't be read");
		} else {
			attest(fd, &row.attest);
			(void)send(web.core, &row, sizeof(row), MSG_NOSIGNAL);
		}
		atomic_fetch_add(&web.attested, 1);
		(void)close(fd);
		(void)send(web.core, &end, sizeof(end), MSG_NOSIGNAL);
	}
}

static inline void *http_serve(void *argument)
{
	eventfd_t count;

	while (true) {
		struct pollfd fds[] = {
			{.fd = writ_http_fd(web.broker.http), .events = POLLIN},
			{.fd = web.stop, .events = POLLIN},
			{.fd = web.wake, .events = POLLIN},
			{.fd = web.again, .events = POLLIN},
			{.fd = web.tick, .events = POLLIN},
		};

		(void)poll(fds, 5, writ_http_timeout(web.broker.http));
		if (fds[1].revents)
			return argument;
		if (fds[2].revents && !eventfd_read(web.wake, &count))
			writ_http_wake(web.broker.http);
		if (fds[3].revents && !eventfd_read(web.again, &count))
			writ_http_attest_again(web.broker.http);
		if (fds[4].revents)
			(void)eventfd_read(web.tick, &count);
		writ_http_run(web.broker.http);
		writ_http_accept(web.broker.http);
		writ_http_admit(web.broker.http);
	}
}

static inline int listener(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)strcpy(address.sun_path, path);
	(void)unlink(path);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) ||
	    listen(fd, 4096))
		abort();
	return fd;
}

static inline int web_set_up(void **state)
{
	int pair[2];

	(void)state;
	(void)snprintf(web.agents, sizeof(web.agents), "/tmp/writ-web-%d-a", getpid());
	(void)snprintf(web.operators, sizeof(web.operators), "/tmp/writ-web-%d-o", getpid());
	web.stop = eventfd(0, EFD_CLOEXEC);
	web.wake = eventfd(0, EFD_CLOEXEC);
	web.again = eventfd(0, EFD_CLOEXEC);
	web.tick = eventfd(0, EFD_CLOEXEC);
	atomic_store(&web.mute, 0);
	atomic_store(&web.suspended, 0);
	web.broker = (struct writ_broker){0};
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) ||
	    writ_core_open(pair[0], &web.broker.core))
		return -1;
	web.core = pair[1];
	if (writ_http_open(&web.broker, listener(web.agents), listener(web.operators),
			   &web.broker.http))
		return -1;
	return pthread_create(&web.core_thread, NULL, core_serve, NULL) ||
	       pthread_create(&web.thread, NULL, http_serve, NULL);
}

static inline int web_tear_down(void **state)
{
	(void)state;
	(void)eventfd_write(web.stop, 1);
	(void)pthread_join(web.thread, NULL);
	writ_http_closep(&web.broker.http);
	writ_core_closep(&web.broker.core);
	(void)pthread_join(web.core_thread, NULL);
	(void)close(web.core);
	(void)close(web.stop);
	(void)close(web.wake);
	(void)close(web.again);
	(void)close(web.tick);
	(void)unlink(web.agents);
	return unlink(web.operators);
}

/* A connection of @who to agent.sock, or to operator.sock. */
static inline int connect_as(const char *who, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct sockaddr_un own = {.sun_family = AF_UNIX};
	const struct timeval patience = {.tv_sec = 60}; /* a server that is dead fails, not hangs */
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int len = snprintf(own.sun_path + 1, sizeof(own.sun_path) - 1, "%s-%d-%d", who, getpid(),
			   atomic_fetch_add(&web.serial, 1));

	(void)strcpy(address.sun_path, path);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) ||
	    bind(fd, (const struct sockaddr *)&own,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len)) ||
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)))
		abort();
	return fd;
}

static inline void say(int fd, const char *text)
{
	size_t len = strlen(text);

	while (len) {
		ssize_t sent = send(fd, text, len, MSG_NOSIGNAL);

		if (sent <= 0)
			return; /* the server has closed: what it said is read */
		text += sent;
		len -= (size_t)sent;
	}
}

/* One answer, or what came until the end of the stream. Returns its status; 0: none. */
static inline int hear(int fd, char *ret_text, size_t size)
{
	size_t len = 0;
	size_t want = SIZE_MAX;
	int status = 0;

	while (len < want && len < size - 1) {
		ssize_t got = recv(fd, ret_text + len, 1, 0);
		const char *field;

		if (got <= 0)
			break;
		ret_text[++len] = '\0';
		if (want != SIZE_MAX || len < 4 || strcmp(ret_text + len - 4, "\r\n\r\n"))
			continue;
		field = strcasestr(ret_text, "content-length:");
		want = len + (field ? strtoul(field + 15, NULL, 10) : 0);
	}
	ret_text[len] = '\0';
	(void)sscanf(ret_text, "HTTP/1.%*d %d", &status);
	return status;
}

static inline int ask_on(int fd, const char *text, char *ret_text, size_t size)
{
	say(fd, text);
	return hear(fd, ret_text, size);
}

static inline int ask_as(const char *who, const char *path, const char *text, char *ret_text,
			 size_t size)
{
	int fd = connect_as(who, path);
	int status = ask_on(fd, text, ret_text, size);

	(void)close(fd);
	return status;
}

#endif
