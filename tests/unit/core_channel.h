/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A core at the other end of the broker's channel, which answers what a test has laid down with
 * reply(), end() and notice(), whatever it is asked.
 */
#ifndef TEST_CORE_CHANNEL_H
#define TEST_CORE_CHANNEL_H

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/core.h"

#define PACKETS_MAX 600

static struct {
	struct writ_core *core;
	int fd; /* the core's end */
	pthread_t thread;
	struct writ_request request; /* what came */
	ssize_t request_len;
	struct stat passed; /* of the descriptor that came with it */
	int n_passed;
	struct writ_reply *replies;
	size_t sizes[PACKETS_MAX];
	size_t n_replies;
	int leave; /* close instead of waiting for more */
	unsigned int rows;
} fake;

static inline int next_notice(struct writ_notice_row *ret_row)
{
	return writ_core_notice(fake.core, WRIT_CORE_NOTICES_ALL, ret_row);
}

static inline int set_up(void **state)
{
	int pair[2];

	(void)state;
	memset(&fake, 0, sizeof(fake));
	fake.replies = calloc(PACKETS_MAX, sizeof(*fake.replies));
	if (!fake.replies || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) ||
	    writ_core_open(pair[0], &fake.core))
		return -1;
	fake.fd = pair[1];
	return 0;
}

static inline int tear_down(void **state)
{
	(void)state;
	writ_core_closep(&fake.core);
	free(fake.replies);
	return fake.leave ? 0 : close(fake.fd);
}

static inline struct writ_reply *reply(uint32_t type)
{
	struct writ_reply *row = &fake.replies[fake.n_replies];

	fake.sizes[fake.n_replies++] = sizeof(*row);
	row->version = WRIT_CONTROL_VERSION;
	row->type = type;
	return row;
}

static inline void end(int code, const char *error)
{
	struct writ_reply *row = reply(WRIT_REPLY_END);

	row->code = code;
	(void)strcpy(row->error, error);
}

static inline void notice(enum writ_notice what, uint64_t grant)
{
	struct writ_reply *row = reply(WRIT_REPLY_NOTICE);

	row->notice.notice = what;
	row->notice.grant = grant;
}

static inline void send_all(void)
{
	for (size_t i = 0; i < fake.n_replies; i++)
		(void)send(fake.fd, &fake.replies[i], fake.sizes[i], MSG_NOSIGNAL);
}

static inline void *serve(void *argument)
{
	char control[CMSG_SPACE(4 * sizeof(int))];
	struct iovec iov = {.iov_base = &fake.request, .iov_len = sizeof(fake.request)};
	struct msghdr message = {.msg_iov = &iov,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	struct cmsghdr *first;
	int fd;

	fake.request_len = recvmsg(fake.fd, &message, MSG_CMSG_CLOEXEC);
	first = CMSG_FIRSTHDR(&message);
	if (first) {
		fake.n_passed = (int)((first->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(&fd, CMSG_DATA(first), sizeof(fd));
		(void)fstat(fd, &fake.passed);
		(void)close(fd);
	}
	send_all();
	if (fake.leave)
		(void)close(fake.fd);
	return argument;
}

static inline void count_row(void *context, const struct writ_reply *row)
{
	(void)context;
	assert_int_equal(row->version, WRIT_CONTROL_VERSION);
	fake.rows++;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
