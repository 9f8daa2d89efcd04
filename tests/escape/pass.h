/* SPDX-License-Identifier: Apache-2.0 */
/* A process outside that sends the agent one descriptor (SCM_RIGHTS), to a socket in @box. */
#ifndef TESTS_ESCAPE_PASS_H
#define TESTS_ESCAPE_PASS_H

#include "escape.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct pass {
	const char *box;
	const char *secret;
	int (*open)(const char *secret); /* outside; what is sent, or -1 */
};

static inline struct sockaddr_un pass_name(const char *box)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};

	(void)snprintf(name.sun_path, sizeof(name.sun_path), "%.80s/inbox", box);
	return name;
}

/* Sends it as soon as the agent's socket is there. */
static inline void pass_serve(const void *context)
{
	const struct pass *pass = context;
	struct sockaddr_un to = pass_name(pass->box);
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {.header = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
	struct iovec byte = {"x", 1};
	struct msghdr message = {.msg_name = &to,
				 .msg_namelen = sizeof(to),
				 .msg_iov = &byte,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	int fd = pass->open(pass->secret), out = socket(AF_UNIX, SOCK_DGRAM, 0);

	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	while (fd >= 0 && sendmsg(out, &message, 0) < 0)
		escape_sleep_ms(10);
}

/* For prepare(). 0 or -errno. */
static inline int pass_prepare(const char *box, const char *secret, int (*open)(const char *secret))
{
	const struct pass pass = {box, secret, open};

	return escape_daemon(pass_serve, &pass);
}

/* The descriptor that came in, -1 if none did; -2, and errno, if there could come none. */
static inline int pass_receive(const char *box)
{
	struct sockaddr_un name = pass_name(box);
	char space[CMSG_SPACE(sizeof(int))], byte;
	struct iovec vector = {&byte, 1};
	struct msghdr message = {.msg_iov = &vector,
				 .msg_iovlen = 1,
				 .msg_control = space,
				 .msg_controllen = sizeof(space)};
	int in = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), fd = -1;

	if (in < 0 || bind(in, (struct sockaddr *)&name, sizeof(name)) ||
	    recvmsg(in, &message, 0) <= 0)
		return -2;
	if (CMSG_FIRSTHDR(&message))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

#endif
