/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stand-in for writd's end of the control socket: a thread that takes a connection, keeps the
 * request, and answers with the packets that the test prepared; then connections that get no rows.
 * And what a verb printed, as text.
 */
#ifndef TEST_FAKE_CORE_H
#define TEST_FAKE_CORE_H

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/control.h"

#define FAKE_REPLIES_MAX 16

static struct {
	char directory[64];
	char path[80];
	int fd, client;
	pthread_t thread;
	struct writ_request request; /* what came */
	ssize_t request_len;
	struct writ_reply replies[FAKE_REPLIES_MAX];
	size_t sizes[FAKE_REPLIES_MAX];
	size_t n_replies;
	int stall; /* answer nothing, until the client is gone */
	int more;  /* connections after that one: each gets the last reply alone */
} fake;

static inline int fake_set_up(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	(void)state;
	memset(&fake, 0, sizeof(fake));
	(void)strcpy(fake.directory, "/tmp/writ-core-XXXXXX");
	if (!mkdtemp(fake.directory))
		return -1;
	(void)snprintf(fake.path, sizeof(fake.path), "%s/core.sock", fake.directory);
	(void)strcpy(address.sun_path, fake.path);
	fake.fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fake.fd < 0 || bind(fake.fd, (const struct sockaddr *)&address, sizeof(address)) ||
	    listen(fake.fd, 4))
		return -1;
	return setenv("WRIT_SOCKET", fake.path, 1);
}

static inline int fake_tear_down(void **state)
{
	(void)state;
	(void)close(fake.fd);
	(void)unlink(fake.path);
	return rmdir(fake.directory);
}

static inline void fake_answer(size_t begin)
{
	for (size_t i = begin; i < fake.n_replies; i++)
		(void)send(fake.client, &fake.replies[i], fake.sizes[i], MSG_NOSIGNAL);
}

static inline void *fake_serve(void *argument)
{
	struct writ_request request;
	char byte;

	fake.client = accept(fake.fd, NULL, NULL);
	fake.request_len = recv(fake.client, &fake.request, sizeof(fake.request), MSG_TRUNC);
	fake_answer(0);
	if (fake.stall)
		(void)recv(fake.client, &byte, 1, 0);
	(void)close(fake.client);
	for (int i = 0; i < fake.more; i++) {
		fake.client = accept(fake.fd, NULL, NULL);
		(void)recv(fake.client, &request, sizeof(request), 0);
		fake_answer(fake.n_replies - 1);
		(void)close(fake.client);
	}
	return argument;
}

static inline struct writ_reply *fake_reply(__u32 type)
{
	struct writ_reply *reply = &fake.replies[fake.n_replies];

	fake.sizes[fake.n_replies++] = sizeof(*reply);
	reply->version = WRIT_CONTROL_VERSION;
	reply->type = type;
	return reply;
}

static inline void fake_end(int code, const char *error)
{
	struct writ_reply *reply = fake_reply(WRIT_REPLY_END);

	reply->code = code;
	(void)strcpy(reply->error, error);
}

static inline void fake_start(void)
{
	if (pthread_create(&fake.thread, NULL, fake_serve, NULL))
		abort();
}

static inline void fake_stop(void)
{
	(void)pthread_join(fake.thread, NULL);
}

/* Standard output or standard error goes into a file from begin to end. */
struct capture {
	FILE *stream;
	int saved;
	FILE *file;
};

static inline struct capture capture_begin(FILE *stream)
{
	struct capture capture = {.stream = stream, .file = tmpfile()};

	(void)fflush(stream);
	capture.saved = dup(fileno(stream));
	if (!capture.file || capture.saved < 0 || dup2(fileno(capture.file), fileno(stream)) < 0)
		abort();
	return capture;
}

/* What was written, at most @size - 1 bytes. */
static inline const char *capture_end(struct capture *capture, char *ret_text, size_t size)
{
	size_t len;

	(void)fflush(capture->stream);
	(void)dup2(capture->saved, fileno(capture->stream));
	(void)close(capture->saved);
	rewind(capture->file);
	len = fread(ret_text, 1, size - 1, capture->file);
	ret_text[len] = '\0';
	(void)fclose(capture->file);
	return ret_text;
}

#endif
