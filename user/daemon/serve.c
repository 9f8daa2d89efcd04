/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control socket: fixed-size requests in, rows out. The caller must be root and no agent: an
 * agent's process is told by its label, whatever cgroup or user it has moved to. A client that
 * does not read keeps its rows waiting, never the loop.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "lib/cleanup.h"
#include "lib/log.h"

#define CLIENTS_MAX 64
#define QUEUE_MAX (2 * WRIT_AGENTS_MAX)

struct writ_client {
	int fd;
	struct writ_peer peer;
	struct writ_reply *queue;
	size_t count;
	size_t sent;
	struct writ_client *next;
};

int writ_serve_open(struct writ_daemon *daemon)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = &daemon->listener};
	const char *path = daemon->options.socket;
	mode_t mask;
	int err = 0;

	if (fd < 0)
		return writ_log_errno(-errno, "control socket");
	if (strlen(path) >= sizeof(address.sun_path))
		return writ_log_errno(-ENAMETOOLONG, "control socket %s", path);
	memcpy(address.sun_path, path, strlen(path));
	(void)unlink(path); /* of an earlier writd; the lock says that none runs */
	mask = umask(0077);
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) || listen(fd, 16) ||
	    epoll_ctl(daemon->epoll, EPOLL_CTL_ADD, fd, &event))
		err = writ_log_errno(-errno, "control socket %s", path);
	(void)umask(mask);
	if (!err)
		daemon->listener = take_fd(&fd);
	return err;
}

/* Is the process an agent's? The label is sticky, so having moved away does not help. */
static bool is_agent(const struct writ_daemon *daemon, pid_t pid)
{
	_cleanup_close_ int pidfd = (int)syscall(__NR_pidfd_open, pid, 0);
	struct writ_label label = {0};

	if (pidfd < 0)
		return true; /* gone, or not to be told: no answer */
	return !bpf_map_lookup_elem(daemon->kernel->map_fds[WRIT_MAP_labels], &pidfd, &label) &&
	       label.agent;
}

static void client_free(struct writ_daemon *daemon, struct writ_client *client)
{
	struct writ_client **link = &daemon->clients;

	while (*link && *link != client)
		link = &(*link)->next;
	if (*link)
		*link = client->next;
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

void writ_serve_accept(struct writ_daemon *daemon)
{
	_cleanup_close_ int fd =
		accept4(daemon->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct ucred credentials = {0};
	socklen_t len = sizeof(credentials);
	struct epoll_event event = {.events = EPOLLIN};
	struct writ_client *client;

	if (fd < 0 || count_clients(daemon) >= CLIENTS_MAX)
		return;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &len))
		return;
	client = calloc(1, sizeof(*client));
	if (!client)
		return;
	event.data.ptr = client;
	client->peer = (struct writ_peer){credentials.uid, credentials.pid};
	client->fd = take_fd(&fd);
	client->next = daemon->clients;
	daemon->clients = client;
	if (epoll_ctl(daemon->epoll, EPOLL_CTL_ADD, client->fd, &event))
		client_free(daemon, client);
}

int writ_serve_reply(struct writ_client *client, const struct writ_reply *reply)
{
	if (client->count >= QUEUE_MAX)
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

/* Sends what the socket takes. -EAGAIN: more when it is writable again. */
static int client_send(struct writ_client *client)
{
	while (client->sent < client->count) {
		ssize_t n = send(client->fd, &client->queue[client->sent], sizeof(*client->queue),
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0)
			return -errno;
		client->sent++;
	}
	return 0;
}

static bool terminated(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

/* Every string ends within its field, every count is within its limit. */
static bool request_sound(const struct writ_request *request)
{
	if (request->n_parameters > WRIT_PARAMETERS_MAX ||
	    !terminated(request->agent, sizeof(request->agent)) ||
	    !terminated(request->playbook, sizeof(request->playbook)) ||
	    !terminated(request->ticket, sizeof(request->ticket)))
		return false;
	for (uint32_t i = 0; i < request->n_parameters; i++)
		if (!terminated(request->parameters[i].name, WRIT_NAME_SIZE) ||
		    !terminated(request->parameters[i].value, WRIT_VALUE_SIZE))
			return false;
	return true;
}

static int refuse(const struct writ_daemon *daemon, const struct writ_client *client,
		  const struct writ_request *request, ssize_t len, char error[WRIT_ERROR_SIZE])
{
	if (len != sizeof(*request) || request->version != WRIT_CONTROL_VERSION) {
		(void)snprintf(error, WRIT_ERROR_SIZE,
			       "this writd speaks another version of the protocol; install writ "
			       "and writd of the same version");
		return -EPROTO;
	}
	if (client->peer.uid != 0 || is_agent(daemon, client->peer.pid)) {
		(void)snprintf(error, WRIT_ERROR_SIZE,
			       "only root outside of every agent may do this");
		return -EPERM;
	}
	if (!request_sound(request)) {
		(void)snprintf(error, WRIT_ERROR_SIZE, "malformed request");
		return -EBADMSG;
	}
	return 0;
}

static int client_answer(struct writ_daemon *daemon, struct writ_client *client)
{
	struct writ_reply end = {.version = WRIT_CONTROL_VERSION, .type = WRIT_REPLY_END};
	struct writ_request request;
	ssize_t len = recv(client->fd, &request, sizeof(request), MSG_DONTWAIT);

	if (len < 0)
		return -errno;
	if (len == 0)
		return -ECONNRESET;
	client->count = client->sent = 0;
	end.code = refuse(daemon, client, &request, len, end.error);
	if (!end.code)
		end.code = writ_answer(daemon, &client->peer, &request, client, end.error);
	return writ_serve_reply(client, &end);
}

void writ_serve_event(struct writ_daemon *daemon, struct writ_client *client, uint32_t events)
{
	struct epoll_event wanted = {.data.ptr = client};
	bool waiting = client->sent < client->count;
	int err = 0;

	if (!waiting && events & EPOLLIN)
		err = client_answer(daemon, client);
	if (!err)
		err = client_send(client);
	if (events & (EPOLLHUP | EPOLLERR) || (err && err != -EAGAIN)) {
		client_free(daemon, client);
		return;
	}
	wanted.events = client->sent < client->count ? EPOLLOUT : EPOLLIN;
	(void)epoll_ctl(daemon->epoll, EPOLL_CTL_MOD, client->fd, &wanted);
}

void writ_serve_close(struct writ_daemon *daemon)
{
	while (daemon->clients)
		client_free(daemon, daemon->clients);
	if (daemon->listener >= 0)
		(void)unlink(daemon->options.socket);
	writ_closep(&daemon->listener);
}
