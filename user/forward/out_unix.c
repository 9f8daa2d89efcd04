/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Syslog over a Unix socket: of datagrams as /dev/log is, or, where that is refused, a stream of
 * messages with a newline each. What is taken is what the other process has read: the kernel tells
 * how much it has not (SIOCOUTQ).
 */
#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "forward/bytes.h"
#include "forward/out.h"
#include "forward/rfc5424.h"
#include "lib/cleanup.h"

struct own {
	int fd;
	bool stream;
	struct writ_bytes message;
};

static int connect_as(int type, const struct sockaddr_un *address)
{
	_cleanup_close_ int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)address, sizeof(*address)))
		return -errno;
	return take_fd(&fd);
}

static int open_unix(struct writ_out *out)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = out->policy->path;
	struct own *own = calloc(1, sizeof(*own));

	if (!own)
		return writ_out_fail(out, -ENOMEM, "no memory");
	own->fd = -1;
	out->own = own;
	if (strlen(path) >= sizeof(address.sun_path))
		return writ_out_fail(out, -ENAMETOOLONG, "%s: longer than a socket's path may be",
				     path);
	(void)strcpy(address.sun_path, path);
	own->fd = connect_as(SOCK_DGRAM, &address);
	if (own->fd == -EPROTOTYPE) {
		own->fd = connect_as(SOCK_STREAM, &address);
		own->stream = own->fd >= 0;
	}
	if (own->fd >= 0)
		return 0;
	return writ_out_fail(out, own->fd, "connect to %s: %s", path, strerror(-own->fd));
}

static void close_unix(struct writ_out *out)
{
	struct own *own = out->own;

	if (!own)
		return;
	writ_closep(&own->fd);
	writ_bytes_free(&own->message);
	free(own);
	out->own = NULL;
}

static int send_once(struct own *own)
{
	ssize_t n = send(own->fd, own->message.at, own->message.len, MSG_NOSIGNAL);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	writ_bytes_take(&own->message, (size_t)n);
	return 0;
}

/* A datagram goes as a whole or not at all; a stream's message may go in parts. */
static int send_all(struct writ_out *out)
{
	struct own *own = out->own;
	int err = 0;

	while (own->message.len && !err) {
		err = send_once(own);
		if (err == -EAGAIN)
			err = writ_watch_poll(out->watch, own->fd, POLLOUT, WRIT_OUT_TIMEOUT_MS);
	}
	if (err == -EMSGSIZE)
		own->message.len = 0;
	if (!err || err == -EMSGSIZE)
		return err;
	return writ_out_fail(out, err, "send to %s: %s", out->policy->path, strerror(-err));
}

static int send_unix(struct writ_out *out, const struct writ_record *record, const char *payload,
		     size_t len)
{
	struct own *own = out->own;
	int err;

	own->message.len = 0;
	err = writ_rfc5424_write(record, out->host, payload, len, &own->message);
	if (!err && own->stream)
		err = writ_bytes_add(&own->message, "\n", 1);
	return err ? err : send_all(out);
}

static int flush_unix(struct writ_out *out)
{
	(void)out;
	return 0;
}

static void mark_unix(struct writ_out *out)
{
	(void)out;
}

/* Taken is all when nothing is unread: more than asked for, and known for sure. */
static int marked_unix(struct writ_out *out)
{
	const struct own *own = out->own;
	struct pollfd fd = {.fd = own->fd};
	int unread = 0;

	if (ioctl(own->fd, SIOCOUTQ, &unread))
		return writ_out_fail(out, -errno, "%s: %s", out->policy->path, strerror(errno));
	if (!unread)
		return 1;
	if (poll(&fd, 1, 0) > 0 && fd.revents & (POLLHUP | POLLERR))
		return writ_out_fail(out, -EPIPE, "%s: closed by the other side",
				     out->policy->path);
	return 0;
}

static int finish_unix(struct writ_out *out)
{
	int taken = 0;

	for (int i = 0; i < 20 && !(taken = marked_unix(out)); i++)
		(void)usleep(10000);
	return taken;
}

const struct writ_out_kind writ_out_unix = {
	.open = open_unix,
	.close = close_unix,
	.send = send_unix,
	.flush = flush_unix,
	.mark = mark_unix,
	.marked = marked_unix,
	.finish = finish_unix,
};
