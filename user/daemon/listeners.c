/* SPDX-License-Identifier: Apache-2.0 */
/* See listeners.h. The node's lock says that no other writd listens there. */
#include "daemon/listeners.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "kernel/peers.h"
#include "lib/cleanup.h"
#include "lib/log.h"

#define BACKLOG \
	4096 /* connections that wait while the broker starts again; the host's cap is lower */

static int bind_private(int fd, const struct sockaddr_un *address)
{
	mode_t mask = umask(0177);
	int err = 0;

	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)))
		err = -errno;
	(void)umask(mask);
	return err;
}

int writ_listeners_open(const struct writ_daemon *daemon, const char *path, int type, bool marked,
			int *ret_fd)
{
	_cleanup_close_ int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int err;

	if (fd < 0)
		return writ_log_errno(-errno, "socket %s", path);
	if (strlen(path) >= sizeof(address.sun_path))
		return writ_log_errno(-ENAMETOOLONG, "socket %s", path);
	memcpy(address.sun_path, path, strlen(path));
	(void)unlink(path);
	err = bind_private(fd, &address);
	if (!err && marked) /* before the first connect: those before it have no mark */
		err = writ_peers_listen(daemon->kernel, fd);
	if (!err && listen(fd, BACKLOG))
		err = -errno;
	if (err)
		return writ_log_errno(err, "socket %s", path);
	*ret_fd = take_fd(&fd);
	return 0;
}
