/* SPDX-License-Identifier: Apache-2.0 */
/* See client.h. */
#include "client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int connect_to(const char *path, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return -errno;
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (!connect(fd, (const struct sockaddr *)&address, sizeof(address)))
		return fd;
	err = -errno;
	(void)close(fd);
	return err;
}

int load_connect(const char *path)
{
	return connect_to(path, SOCK_STREAM);
}

int load_core_connect(const char *path)
{
	return connect_to(path, SOCK_SEQPACKET);
}

/* The whole answer: head, and as much body as it says. Where the body begins. */
static int receive(int fd, char answer[LOAD_ANSWER_SIZE], size_t *ret_body)
{
	size_t used = 0;

	while (used < LOAD_ANSWER_SIZE - 1) {
		ssize_t n = recv(fd, answer + used, LOAD_ANSWER_SIZE - 1 - used, 0);
		const char *head, *length;

		if (n <= 0)
			return n < 0 ? -errno : -ECONNRESET;
		used += (size_t)n;
		answer[used] = '\0';
		head = strstr(answer, "\r\n\r\n");
		length = head ? strcasestr(answer, "\r\nContent-Length:") : NULL;
		if (!length || length > head)
			continue;
		*ret_body = (size_t)(head - answer) + 4;
		if (used >= *ret_body + strtoul(length + 17, NULL, 10))
			return 0;
	}
	return -EMSGSIZE;
}

int load_ask(int fd, const char *method, const char *path, const char *body,
	     char answer[LOAD_ANSWER_SIZE])
{
	char text[2048];
	int len = snprintf(text, sizeof(text),
			   "%s %s HTTP/1.1\r\nHost: writ\r\nContent-Type: application/json\r\n"
			   "Content-Length: %zu\r\n\r\n%s",
			   method, path, body ? strlen(body) : 0, body ? body : "");
	size_t at = 0;
	int status = 0, err;

	if (len < 0 || (size_t)len >= sizeof(text))
		return -EMSGSIZE;
	if (send(fd, text, (size_t)len, MSG_NOSIGNAL) != len)
		return -errno;
	err = receive(fd, answer, &at);
	if (err)
		return err;
	if (sscanf(answer, "HTTP/1.1 %d", &status) != 1)
		return -EPROTO;
	memmove(answer, answer + at, strlen(answer + at) + 1);
	return status;
}

uint64_t load_number(const char *answer, const char *key)
{
	char name[64];
	const char *at;

	(void)snprintf(name, sizeof(name), "\"%s\":", key);
	at = strstr(answer, name);
	return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

int load_core_ask(int fd, const struct writ_request *request, struct writ_reply *ret_row)
{
	struct writ_request versioned = *request;
	struct writ_reply reply;

	versioned.version = WRIT_CONTROL_VERSION;
	if (send(fd, &versioned, sizeof(versioned), MSG_NOSIGNAL) != sizeof(versioned))
		return -errno;
	while (recv(fd, &reply, sizeof(reply), 0) == sizeof(reply)) {
		if (reply.type == WRIT_REPLY_END)
			return reply.code;
		if (ret_row)
			*ret_row = reply;
	}
	return -ECONNRESET;
}
