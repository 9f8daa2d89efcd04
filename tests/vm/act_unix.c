// SPDX-License-Identifier: Apache-2.0
/*
 * act: what Unix sockets do beside connecting. In: names; one that begins with @ is abstract. Out:
 * 0, or -errno of the step that failed.
 */
#include "act.h"
#include "act_peer.h"

static int unix_bind(struct act *act)
{
	struct peer peer = peer_local(act->next[2]);

	return peer_offer(AF_UNIX, act->next[1][0] == 'd' ? SOCK_DGRAM : SOCK_STREAM, &peer, false);
}

/* An abstract name with a NUL and more behind it. */
static int unix_bind_nul(struct act *act)
{
	struct peer peer = peer_local(act->next[1]);

	memcpy(peer.local.sun_path + peer.len - 2, "\0tail", 5);
	peer.len += 5;
	return peer_offer(AF_UNIX, SOCK_STREAM, &peer, false);
}

static int unix_auto(struct act *act)
{
	struct peer peer = {.local = {.sun_family = AF_UNIX}, .len = sizeof(sa_family_t)};

	(void)act;
	return peer_offer(AF_UNIX, SOCK_STREAM, &peer, false);
}

static int unix_listen(struct act *act)
{
	struct peer peer = peer_local(act->next[1]);

	return peer_offer(AF_UNIX, SOCK_STREAM, &peer, true);
}

static int unix_bare_listen(struct act *act)
{
	(void)act;
	return peer_offer(AF_UNIX, SOCK_STREAM, NULL, true);
}

/* A datagram socket that stays for the rest of the process. */
static int unix_serve(struct act *act)
{
	struct peer peer = peer_local(act->next[1]);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd < 0 || bind(fd, &peer.any, peer.len) ? -errno : 0;
}

static int unix_send(struct act *act)
{
	struct peer peer = peer_local(act->next[1]);

	return peer_send(AF_UNIX, SOCK_DGRAM, 0, &peer);
}

/* Connects a datagram socket and sends COUNT times. */
static int unix_log(struct act *act)
{
	struct peer peer = peer_local(act->next[2]);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, &peer.any, peer.len))
		return peer_ended(fd, -errno);
	for (int i = atoi(act->next[1]); i > 0; i--)
		if (send(fd, "x", 1, MSG_DONTWAIT) < 0)
			return peer_ended(fd, -errno);
	return peer_ended(fd, 0);
}

/* Connects a datagram socket to one name, then sends to another. */
static int unix_resend(struct act *act)
{
	struct peer first = peer_local(act->next[1]), next = peer_local(act->next[2]);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, &first.any, first.len))
		return peer_ended(fd, -errno);
	return peer_ended(fd, sendto(fd, "x", 1, 0, &next.any, next.len) < 0 ? -errno : 0);
}

/* A pair has no name. Returns 0 when what goes in on one side comes out on the other. */
static int pair(struct act *act)
{
	int type = act->next[1][0] == 'd' ? SOCK_DGRAM : SOCK_STREAM, fds[2];
	char byte = 0;

	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds))
		return -errno;
	if (write(fds[0], "x", 1) != 1 || read(fds[1], &byte, 1) != 1)
		return -errno;
	(void)close(fds[1]);
	return peer_ended(fds[0], byte == 'x' ? 0 : -EIO);
}

const struct act_operation act_unix_operations[] = {
	{"unixbind", 2, unix_bind},
	{"unixbindnul", 1, unix_bind_nul},
	{"unixauto", 0, unix_auto},
	{"unixlisten", 1, unix_listen},
	{"unixbarelisten", 0, unix_bare_listen},
	{"unixserve", 1, unix_serve},
	{"unixsend", 1, unix_send},
	{"unixlog", 2, unix_log},
	{"unixresend", 2, unix_resend},
	{"pair", 1, pair},
	{NULL, 0, NULL},
};
