// SPDX-License-Identifier: Apache-2.0
/*
 * act: sockets that are held in other ways than by one descriptor of one process, and what their
 * peers are told. `call` and `answer` of act_reach.c make them.
 */
#include "act.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define TOLD_MS 60000 /* a sweep is given 30 s */

/* ok: the peer has ended it; ECONNRESET: it was reset. What it says meanwhile is thrown away. */
static int told(struct act *act)
{
	struct pollfd wait = {.fd = act->held, .events = POLLIN};
	char bytes[64];
	ssize_t n;

	do {
		if (poll(&wait, 1, TOLD_MS) != 1)
			return -ETIMEDOUT;
		n = recv(act->held, bytes, sizeof(bytes), MSG_DONTWAIT);
	} while (n > 0);
	return n < 0 ? -errno : 0;
}

static int half(struct act *act)
{
	return shutdown(act->held, SHUT_WR) ? -errno : 0;
}

/* A child keeps its copies of all descriptors until this process ends. */
static int twin(struct act *act)
{
	pid_t child;

	if (dup(act->held) < 0)
		return -errno;
	child = fork();
	if (child < 0)
		return -errno;
	if (child)
		return 0;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	for (;;)
		(void)pause();
}

/* The only descriptor that is left is one on its way, in a socket that nobody reads. */
static int stow(struct act *act)
{
	char control[CMSG_SPACE(sizeof(int))] = {0}, byte = 'x';
	struct iovec part = {&byte, 1};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return -errno;
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &act->held, sizeof(int));
	if (sendmsg(pair[0], &message, 0) < 0)
		return -errno;
	(void)close(act->held);
	act->held = -1;
	return 0;
}

/* fresh: a TCP socket without a peer */
static int fresh(struct act *act)
{
	act->held = socket(AF_INET, SOCK_STREAM, 0);
	return act->held < 0 ? -errno : 0;
}

/* dialto PORT: it gets one on 127.0.0.1 */
static int dial_to(struct act *act)
{
	const struct sockaddr_in peer = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(act->next[1])),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	return connect(act->held, (const struct sockaddr *)&peer, sizeof(peer)) ? -errno : 0;
}

/* answerunix PATH: listens there */
static int answer_unix(struct act *act)
{
	struct sockaddr_un own = {.sun_family = AF_UNIX};

	(void)strncpy(own.sun_path, act->next[1], sizeof(own.sun_path) - 1);
	act->held = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (act->held < 0 || bind(act->held, (const struct sockaddr *)&own, sizeof(own)) ||
	    listen(act->held, 8))
		return -errno;
	return 0;
}

/* many COUNT: so many descriptors more of what is held */
static int many(struct act *act)
{
	for (int left = atoi(act->next[1]); left > 0; left--)
		if (dup(act->held) < 0)
			return -errno;
	return 0;
}

/* Stays mapped. */
static int keep_mapped(struct act *act)
{
	return mmap(NULL, 1, PROT_READ, MAP_PRIVATE, act->held, 0) == MAP_FAILED ? -errno : 0;
}

const struct act_operation act_cut_operations[] = {
	{"told", 0, told},
	{"half", 0, half},
	{"twin", 0, twin},
	{"stow", 0, stow},
	{"fresh", 0, fresh},
	{"dialto", 1, dial_to},
	{"answerunix", 1, answer_unix},
	{"many", 1, many},
	{"keepmapped", 0, keep_mapped},
	{NULL, 0, NULL},
};
