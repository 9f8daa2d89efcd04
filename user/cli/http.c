/* SPDX-License-Identifier: Apache-2.0 */
/* See http.h: the connection. */
#include "cli/http.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "lib/cleanup.h"
#include "lib/time.h"

#define READ_SIZE 65536u

struct incoming {
	char *bytes;
	size_t len;
	size_t capacity;
};

static void free_incoming(struct incoming *incoming)
{
	free(incoming->bytes);
}

static int open_socket(const struct writ_http_call *call, int *ret_fd)
{
	const struct timeval patience = {.tv_sec = call->seconds};
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (fd < 0)
		return -errno;
	if (strlen(call->socket) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	(void)strcpy(address.sun_path, call->socket);
	/* connect(2) waits for it while the queue of the listener is full */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)))
		return -errno;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)))
		return -errno;
	*ret_fd = take_fd(&fd);
	return 0;
}

/* Waits for @events until boot time @until. 0, -ETIMEDOUT or -errno. */
static int await(int fd, short events, uint64_t until)
{
	struct pollfd poller = {.fd = fd, .events = events};

	while (true) {
		uint64_t now = writ_time_boot();
		int n;

		if (now >= until)
			return -ETIMEDOUT;
		n = poll(&poller, 1, (int)((until - now) / 1000000) + 1);
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
	}
}

/* A peer that takes no more may have answered already: 0, and what it says is read. */
static int send_all(int fd, const char *bytes, size_t len, uint64_t until)
{
	while (len) {
		int err = await(fd, POLLOUT, until);
		ssize_t n;

		if (err)
			return err;
		n = send(fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
			return 0;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

static int send_request(const struct writ_http_call *call, int fd, uint64_t until)
{
	_cleanup_free_ char *text = NULL;
	size_t len = call->body ? strlen(call->body) : 0;
	int n;

	if (strlen(call->target) > WRIT_HTTP_TARGET_MAX)
		return -EMSGSIZE;
	n = asprintf(&text,
		     "%s %s HTTP/1.1\r\nHost: writ\r\nAccept: application/json\r\n"
		     "Connection: close\r\n%sContent-Length: %zu\r\n\r\n%s",
		     call->method, call->target,
		     call->body ? "Content-Type: application/json\r\n" : "", len,
		     call->body ? call->body : "");
	return n < 0 ? -ENOMEM : send_all(fd, text, (size_t)n, until);
}

static int make_room(struct incoming *incoming)
{
	size_t capacity = incoming->capacity ? 2 * incoming->capacity : READ_SIZE;
	char *bytes;

	if (incoming->capacity - incoming->len >= READ_SIZE / 2)
		return 0;
	bytes = realloc(incoming->bytes, capacity);
	if (!bytes)
		return -ENOMEM;
	incoming->bytes = bytes;
	incoming->capacity = capacity;
	return 0;
}

/* 1: something came; 0: the end. */
static int receive(int fd, struct incoming *incoming, uint64_t until)
{
	ssize_t n;
	int err = make_room(incoming);

	while (!err) {
		err = await(fd, POLLIN, until);
		if (err)
			break;
		n = recv(fd, incoming->bytes + incoming->len, incoming->capacity - incoming->len,
			 MSG_DONTWAIT);
		if (n > 0)
			incoming->len += (size_t)n;
		if (n >= 0)
			return n > 0;
		if (errno == ECONNRESET)
			return 0;
		if (errno != EAGAIN && errno != EINTR)
			err = -errno;
	}
	return err;
}

int writ_http_ask(const struct writ_http_call *call, struct writ_http_reply *ret)
{
	__attribute__((cleanup(free_incoming))) struct incoming incoming = {0};
	uint64_t until = writ_time_boot() + call->seconds * WRIT_NS_PER_SECOND;
	_cleanup_close_ int fd = -1;
	int err = open_socket(call, &fd);

	if (!err)
		err = send_request(call, fd, until);
	if (err)
		return err;
	while (true) {
		int more = receive(fd, &incoming, until);

		if (more < 0)
			return more;
		if (incoming.len > WRIT_HTTP_REPLY_MAX)
			return -EMSGSIZE;
		err = writ_http_parse(incoming.bytes, incoming.len, !more, ret);
		if (err)
			return err < 0 ? err : 0;
	}
}

int writ_http_encode(const char *value, char *ret_text, size_t size)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t len = 0;

	for (; *value; value++) {
		unsigned char byte = (unsigned char)*value;
		bool plain = (byte >= '0' && byte <= '9') ||
			     ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z') || strchr("-._~", byte);

		if (len + (plain ? 1 : 3) >= size)
			return -EMSGSIZE;
		if (plain) {
			ret_text[len++] = (char)byte;
			continue;
		}
		ret_text[len++] = '%';
		ret_text[len++] = digits[byte >> 4];
		ret_text[len++] = digits[byte & 15];
	}
	ret_text[len] = '\0';
	return 0;
}

void writ_http_release(struct writ_http_reply *reply)
{
	free(reply->body);
	*reply = (struct writ_http_reply){0};
}
