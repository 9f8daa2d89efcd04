/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stand-in for the broker's end of an HTTP socket: a thread that takes connections one after the
 * other, keeps each request, and sends the bytes that the test prepared for it, whole or not.
 */
#ifndef TEST_FAKE_BROKER_H
#define TEST_FAKE_BROKER_H

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BROKER_TURNS_MAX 8
#define BROKER_REQUEST_SIZE 16384

static struct {
	char path[80];
	int fd;
	pthread_t thread;
	size_t n_turns;
	struct {
		char *bytes; /* of the answer; owned */
		size_t len;
		int stall; /* behind them: nothing more, and no end, until the client is gone */
		char request[BROKER_REQUEST_SIZE];
	} turns[BROKER_TURNS_MAX];
} broker;

static inline int broker_set_up(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	(void)state;
	memset(&broker, 0, sizeof(broker));
	(void)snprintf(broker.path, sizeof(broker.path), "/tmp/writ-broker-%d.sock", (int)getpid());
	(void)strcpy(address.sun_path, broker.path);
	(void)unlink(broker.path);
	broker.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (broker.fd < 0 || bind(broker.fd, (const struct sockaddr *)&address, sizeof(address)) ||
	    listen(broker.fd, 4))
		return -1;
	return setenv("WRIT_AGENT_SOCKET", broker.path, 1) ||
	       setenv("WRIT_OPERATOR_SOCKET", broker.path, 1);
}

static inline void broker_forget(void)
{
	for (size_t i = 0; i < broker.n_turns; i++)
		free(broker.turns[i].bytes);
	memset(broker.turns, 0, sizeof(broker.turns));
	broker.n_turns = 0;
}

static inline int broker_tear_down(void **state)
{
	(void)state;
	broker_forget();
	(void)close(broker.fd);
	return unlink(broker.path);
}

/* The next connection gets these bytes. */
static inline void broker_bytes(const char *bytes, size_t len, int stall)
{
	if (broker.n_turns == BROKER_TURNS_MAX)
		abort();
	broker.turns[broker.n_turns].bytes = malloc(len + 1);
	if (!broker.turns[broker.n_turns].bytes)
		abort();
	memcpy(broker.turns[broker.n_turns].bytes, bytes, len);
	broker.turns[broker.n_turns].len = len;
	broker.turns[broker.n_turns++].stall = stall;
}

/* The same with a whole answer. */
static inline void broker_says(unsigned int status, const char *body)
{
	char *text = NULL;
	int len = asprintf(&text,
			   "HTTP/1.1 %u X\r\nContent-Type: application/json\r\n"
			   "Content-Length: %zu\r\n\r\n%s",
			   status, strlen(body), body);

	if (len < 0)
		abort();
	broker_bytes(text, (size_t)len, 0);
	free(text);
}

/* Head and the body that its Content-Length names, as a server has to read it. */
static inline int broker_has_request(const char *text)
{
	const char *end = strstr(text, "\r\n\r\n"), *length = strstr(text, "Content-Length: ");

	return end && (!length || strlen(end + 4) >= (size_t)atoi(length + 16));
}

static inline void *broker_serve(void *argument)
{
	for (size_t i = 0; i < broker.n_turns; i++) {
		int fd = accept(broker.fd, NULL, NULL);
		char *request = broker.turns[i].request, byte;
		size_t len = 0;
		ssize_t n = 1;

		while (n > 0 && len + 1 < BROKER_REQUEST_SIZE && !broker_has_request(request)) {
			n = recv(fd, request + len, BROKER_REQUEST_SIZE - 1 - len, 0);
			len += n > 0 ? (size_t)n : 0;
		}
		for (size_t sent = 0; sent < broker.turns[i].len; sent += (size_t)n) {
			n = send(fd, broker.turns[i].bytes + sent, broker.turns[i].len - sent,
				 MSG_NOSIGNAL);
			if (n <= 0)
				break;
		}
		if (broker.turns[i].stall)
			(void)recv(fd, &byte, 1, 0);
		(void)close(fd);
	}
	return argument;
}

static inline void broker_start(void)
{
	if (pthread_create(&broker.thread, NULL, broker_serve, NULL))
		abort();
}

static inline void broker_stop(void)
{
	(void)pthread_join(broker.thread, NULL);
}

#endif
