// SPDX-License-Identifier: Apache-2.0
/*
 * act: what is done with a descriptor that is open already. `hold` of act_file.c opens one; `call`,
 * `callunix`, `answer` and `accept` leave a socket in its place.
 */
#include "act.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define WAIT_MS 60000

static struct sockaddr_in local_port(const char *port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(port)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

/* call tcp|udp PORT: a connection to 127.0.0.1 */
static int call(struct act *act)
{
	const struct sockaddr_in peer = local_port(act->next[2]);
	int type = strcmp(act->next[1], "udp") ? SOCK_STREAM : SOCK_DGRAM;

	act->held = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	if (act->held < 0 || connect(act->held, (const struct sockaddr *)&peer, sizeof(peer)))
		return -errno;
	return 0;
}

static int call_unix(struct act *act)
{
	struct sockaddr_un peer = {.sun_family = AF_UNIX};

	(void)strncpy(peer.sun_path, act->next[1], sizeof(peer.sun_path) - 1);
	act->held = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (act->held < 0 || connect(act->held, (const struct sockaddr *)&peer, sizeof(peer)))
		return -errno;
	return 0;
}

/* answer PORT: listens on 127.0.0.1 */
static int answer(struct act *act)
{
	const struct sockaddr_in own = local_port(act->next[1]);
	int on = 1;

	act->held = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (act->held < 0)
		return -errno;
	(void)setsockopt(act->held, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(act->held, (const struct sockaddr *)&own, sizeof(own)) || listen(act->held, 8))
		return -errno;
	return 0;
}

/* The next who comes takes the listener's place. */
static int take_one(struct act *act)
{
	struct pollfd wait = {.fd = act->held, .events = POLLIN};
	int fd;

	if (poll(&wait, 1, WAIT_MS) != 1)
		return -ETIMEDOUT;
	fd = accept(act->held, NULL, NULL);
	if (fd < 0)
		return -errno;
	(void)close(act->held);
	act->held = fd;
	return 0;
}

static int say(struct act *act)
{
	return send(act->held, "x", 1, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* EAGAIN: it may, and nothing is there. */
static int hear(struct act *act)
{
	char byte;

	return recv(act->held, &byte, 1, MSG_DONTWAIT) < 0 ? -errno : 0;
}

/* By way of a pipe: up to 6.4 the kernel sends what is spliced without asking socket_sendmsg. */
static int pour(struct act *act)
{
	int pipes[2], err = 0;

	if (pipe(pipes))
		return -errno;
	if (write(pipes[1], "x", 1) != 1 || splice(pipes[0], NULL, act->held, NULL, 1, 0) < 0)
		err = -errno;
	(void)close(pipes[0]);
	(void)close(pipes[1]);
	return err;
}

static int roll(struct act *act)
{
	void *memory = mmap(NULL, 1, PROT_READ, MAP_PRIVATE, act->held, 0);

	if (memory == MAP_FAILED)
		return -errno;
	(void)munmap(memory, 1);
	return 0;
}

static int roll_shared(struct act *act)
{
	void *memory = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, act->held, 0);

	if (memory == MAP_FAILED)
		return -errno;
	(void)munmap(memory, 1);
	return 0;
}

static int list(struct act *act)
{
	char entries[1024];

	(void)lseek(act->held, 0, SEEK_SET);
	return syscall(SYS_getdents64, act->held, entries, sizeof(entries)) < 0 ? -errno : 0;
}

/* By way of a pipe: no read(2). */
static int splice_held(struct act *act)
{
	loff_t at = 0;
	int pipes[2], err;

	if (pipe(pipes))
		return -errno;
	err = splice(act->held, &at, pipes[1], NULL, 1, 0) < 0 ? -errno : 0;
	(void)close(pipes[0]);
	(void)close(pipes[1]);
	return err;
}

const struct act_operation act_reach_operations[] = {
	{"call", 2, call},
	{"callunix", 1, call_unix},
	{"answer", 1, answer},
	{"accept", 0, take_one},
	{"say", 0, say},
	{"hear", 0, hear},
	{"pour", 0, pour},
	{"roll", 0, roll},
	{"rollshared", 0, roll_shared},
	{"list", 0, list},
	{"splice", 0, splice_held},
	{NULL, 0, NULL},
};
