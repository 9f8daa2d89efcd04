/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control socket and the broker's channel: fixed-size requests in, rows out. A caller is root,
 * an operator, or the broker, and no agent: an agent's process is told by its label, whatever
 * cgroup or user it has moved to. A client that does not read keeps its rows waiting, never the
 * loop; one event is one request, or one part of a long answer, so that none keeps others waiting.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/callers.h"
#include "daemon/daemon.h"
#include "daemon/listeners.h"
#include "daemon/packet.h"
#include "daemon/unattached.h"
#include "lib/cleanup.h"
#include "lib/log.h"

#define CLIENTS_MAX 64
#define QUEUE_MAX (2 * WRIT_AGENTS_MAX)
#define NOTICES_MAX 1024u /* that wait for the broker; more become one: ask for all */
#define PER_SECOND \
	20000u /* packets of the broker: some four for each grant, 1,000 grants a second */

struct writ_client {
	int fd;
	struct writ_peer peer;
	struct writ_reply *queue;
	size_t count;
	size_t sent;
	struct writ_request more; /* verb 0: no answer goes on */
	uint32_t cursor;
	uint32_t second; /* the broker's packets in this second */
	uint32_t events; /* that it is watched for */
	bool is_channel;
	bool resync;
	struct writ_client *next;
};

int writ_serve_open(struct writ_daemon *daemon)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = &daemon->listener};
	_cleanup_close_ int fd = -1;
	const char *path = daemon->options.socket;
	int err = writ_listeners_open(daemon, path, SOCK_SEQPACKET, false, &fd);

	if (err)
		return err;
	err = writ_callers_own_socket(daemon->policy, path);
	if (!err && epoll_ctl(daemon->epoll, EPOLL_CTL_ADD, fd, &event))
		err = -errno;
	if (err)
		return writ_log_errno(err, "control socket %s", path);
	daemon->listener = take_fd(&fd);
	return 0;
}

/* Is the process an agent's? The label is sticky, so having moved away does not help. */
static bool is_agent(const struct writ_daemon *daemon, pid_t pid)
{
	_cleanup_close_ int pidfd = (int)syscall(__NR_pidfd_open, pid, 0);
	struct writ_label label = {0};
	int err;

	if (pidfd < 0)
		return true; /* gone, or not to be told: no answer */
	err = bpf_map_lookup_elem(daemon->kernel->map_fds[WRIT_MAP_labels], &pidfd, &label);
	if (err && err != -ENOENT)
		return true;
	return label.agent ||
	       (daemon->options.no_attach && writ_unattached_is_agent(daemon, pidfd, pid));
}

void writ_serve_drop(struct writ_daemon *daemon, struct writ_client *client)
{
	struct writ_client **link = &daemon->clients;

	while (*link && *link != client)
		link = &(*link)->next;
	if (*link)
		*link = client->next;
	/* closing is not enough: a child between fork and exec has it as well */
	(void)epoll_ctl(daemon->epoll, EPOLL_CTL_DEL, client->fd, NULL);
	writ_closep(&client->fd);
	free(client->queue);
	free(client);
}

static size_t count_clients(const struct writ_daemon *daemon)
{
	size_t count = 0;

	for (const struct writ_client *client = daemon->clients; client; client = client->next)
		count++;
	return count;
}

/* Takes @fd. */
static int client_add(struct writ_daemon *daemon, int fd, const struct writ_peer *peer,
		      struct writ_client **ret_client)
{
	struct epoll_event event = {.events = EPOLLIN};
	struct writ_client *client = calloc(1, sizeof(*client));
	int err = 0;

	if (!client) {
		writ_closep(&fd);
		return -ENOMEM;
	}
	event.data.ptr = client;
	client->fd = fd;
	client->peer = *peer;
	client->events = event.events;
	client->next = daemon->clients;
	daemon->clients = client;
	if (epoll_ctl(daemon->epoll, EPOLL_CTL_ADD, fd, &event))
		err = -errno;
	if (err)
		writ_serve_drop(daemon, client);
	else
		*ret_client = client;
	return err;
}

void writ_serve_accept(struct writ_daemon *daemon)
{
	_cleanup_close_ int fd =
		accept4(daemon->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct ucred credentials = {0};
	socklen_t len = sizeof(credentials);
	struct writ_peer peer = {.passed = -1};
	struct writ_client *client;

	if (fd < 0 || count_clients(daemon) >= CLIENTS_MAX)
		return;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &len))
		return;
	peer.uid = credentials.uid;
	peer.pid = credentials.pid;
	(void)client_add(daemon, take_fd(&fd), &peer, &client);
}

int writ_serve_channel(struct writ_daemon *daemon, int fd, struct writ_client **ret_channel)
{
	const struct writ_peer peer = {.caller = WRIT_CALLER_BROKER, .passed = -1};
	int err = client_add(daemon, fd, &peer, ret_channel);

	if (!err)
		(*ret_channel)->is_channel = true;
	return err;
}

int writ_serve_reply(struct writ_client *client, const struct writ_reply *reply)
{
	if (client->count >= QUEUE_MAX - (reply->type != WRIT_REPLY_END)) /* the end has a place */
		return -ENOBUFS;
	if ((client->count & (client->count - 1)) == 0) { /* full at every power of two */
		size_t room = client->count ? 2 * client->count : 1;
		struct writ_reply *queue = realloc(client->queue, room * sizeof(*queue));

		if (!queue)
			return -ENOMEM;
		client->queue = queue;
	}
	client->queue[client->count++] = *reply;
	return 0;
}

/*
 * Sends what the socket takes. -EAGAIN: more when it is writable again. The broker, which waits for
 * an answer, is woken by each packet.
 */
static int client_send(struct writ_client *client)
{
	const size_t most = client->is_channel ? WRIT_REPLIES_PER_PACKET : 1;

	while (client->sent < client->count) {
		size_t rest = client->count - client->sent, n = rest < most ? rest : most;

		if (send(client->fd, &client->queue[client->sent], n * sizeof(*client->queue),
			 MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			return -errno;
		client->sent += n;
	}
	client->count = client->sent = 0;
	return 0;
}

/* Who @peer is now: groups change, and processes come to be agents'. */
static uint32_t caller_of(const struct writ_daemon *daemon, const struct writ_peer *peer)
{
	if (peer->caller == WRIT_CALLER_BROKER)
		return peer->caller;
	if (is_agent(daemon, peer->pid))
		return 0;
	if (peer->uid == 0)
		return WRIT_CALLER_ROOT;
	return writ_callers_is_operator(daemon->policy, peer->uid) ? WRIT_CALLER_OPERATOR : 0;
}

static int refuse(const struct writ_client *client, const struct writ_request *request, int err,
		  char error[WRIT_ERROR_SIZE])
{
	if (err) {
		(void)snprintf(error, WRIT_ERROR_SIZE,
			       "this writd speaks another version of the protocol; install writ "
			       "and writd of the same version");
		return err;
	}
	if (client->peer.caller)
		return writ_packet_check(request, error);
	(void)snprintf(error, WRIT_ERROR_SIZE,
		       "only root or an operator, outside of every agent, may do this");
	return -EPERM;
}

/* Queues the end of an answer, or takes note that it goes on. */
static int client_end(struct writ_client *client, const struct writ_request *request,
		      struct writ_reply *end)
{
	client->more.verb = 0;
	if (end->code == -EINPROGRESS) {
		client->more = *request;
		return 0;
	}
	return writ_serve_reply(client, end);
}

static int client_answer(struct writ_daemon *daemon, struct writ_client *client)
{
	struct writ_reply end = {.version = WRIT_CONTROL_VERSION, .type = WRIT_REPLY_END};
	_cleanup_close_ int passed = -1;
	struct writ_request request;
	int err = writ_packet_receive(client->fd, &request, &passed);

	if (err && err != -EPROTO)
		return err;
	if (client->is_channel && (err || ++client->second > PER_SECOND))
		return err ? err : -EDQUOT;
	if (!client->is_channel)
		client->peer.caller = caller_of(daemon, &client->peer);
	end.code = refuse(client, &request, err, end.error);
	if (client->is_channel && end.code)
		return end.code;
	client->peer.passed = passed;
	client->cursor = 0;
	if (!end.code)
		end.code = writ_answer(daemon, &client->peer, &request, client, end.error);
	client->peer.passed = -1;
	return client_end(client, &request, &end);
}

/* A further part of a long answer. */
static int client_go_on(struct writ_daemon *daemon, struct writ_client *client)
{
	struct writ_reply end = {.version = WRIT_CONTROL_VERSION, .type = WRIT_REPLY_END};
	const struct writ_request request = client->more;

	end.code = writ_answer_more(daemon, &request, client, &client->cursor);
	return client_end(client, &request, &end);
}

static int queue_notice(struct writ_client *client, const struct writ_notice_row *notice)
{
	struct writ_reply reply = {WRIT_CONTROL_VERSION, WRIT_REPLY_NOTICE, 0, 0, {{0}}};

	reply.notice = *notice;
	return writ_serve_reply(client, &reply);
}

/* What the client has to be told beside its answers. */
static int client_resync(struct writ_client *client)
{
	const struct writ_notice_row notice = {.notice = WRIT_NOTICE_RESYNC};
	int err = queue_notice(client, &notice);

	client->resync = err != 0;
	return err ? 0 : client_send(client);
}

static void client_wait(const struct writ_daemon *daemon, struct writ_client *client)
{
	struct epoll_event wanted = {.data.ptr = client};
	bool busy = client->sent < client->count || client->more.verb;

	wanted.events = busy ? EPOLLOUT : EPOLLIN;
	if (wanted.events != client->events &&
	    !epoll_ctl(daemon->epoll, EPOLL_CTL_MOD, client->fd, &wanted))
		client->events = wanted.events;
}

void writ_serve_notice(struct writ_daemon *daemon, const struct writ_notice_row *notice)
{
	struct writ_client *client = daemon->broker.channel;

	if (!client || client->resync)
		return;
	if (client->count - client->sent >= NOTICES_MAX || queue_notice(client, notice))
		client->resync = true;
	client_wait(daemon, client); /* sent from the loop: nobody who calls this has it freed */
}

void writ_serve_second(struct writ_daemon *daemon)
{
	if (daemon->broker.channel)
		daemon->broker.channel->second = 0;
}

static void client_fail(struct writ_daemon *daemon, struct writ_client *client, int err)
{
	if (!client->is_channel)
		writ_serve_drop(daemon, client);
	else
		writ_broker_kill(daemon, err == -EPROTO || err == -EBADMSG
						 ? "it sent what is no request"
					 : err == -EDQUOT ? "it sent too many requests"
							  : "its channel is closed");
}

void writ_serve_event(struct writ_daemon *daemon, struct writ_client *client, uint32_t events)
{
	bool waiting = client->sent < client->count;
	int err = 0;

	if (!waiting && client->more.verb)
		err = client_go_on(daemon, client);
	else if (!waiting && events & EPOLLIN)
		err = client_answer(daemon, client);
	if (!err)
		err = client_send(client);
	if (!err && client->resync)
		err = client_resync(client);
	if (events & (EPOLLHUP | EPOLLERR) || (err && err != -EAGAIN))
		client_fail(daemon, client, err);
	else
		client_wait(daemon, client);
}

void writ_serve_close(struct writ_daemon *daemon)
{
	while (daemon->clients)
		writ_serve_drop(daemon, daemon->clients);
	if (daemon->listener >= 0)
		(void)unlink(daemon->options.socket);
	writ_closep(&daemon->listener);
}
