/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a sweep does to one socket from outside of its process, see cut_sweep.h: kernels before 6.5
 * have nothing that destroys one, and later ones nothing for Unix sockets and MPTCP. A descriptor
 * of it is fetched for a moment, and looked at again: the process may have put another one there.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/cut_sweep.h"
#include "lib/cleanup.h"

bool writ_cut_is_gone(int err)
{
	return err == -ENOENT || err == -ESRCH || err == -EBADF || err == -ESTALE ||
	       err == -ENOTCONN;
}

static int fetch(const struct writ_cut *record)
{
	_cleanup_close_ int process = (int)syscall(__NR_pidfd_open, record->pid, 0);
	int fd;

	if (process < 0)
		return -errno;
	fd = (int)syscall(__NR_pidfd_getfd, process, record->fd, 0);
	return fd < 0 ? -errno : fd;
}

/* connect(2) to AF_UNSPEC resets a TCP connection, and takes the peer of a UDP socket away. */
static int dissolve(int fd)
{
	const struct sockaddr nobody = {.sa_family = AF_UNSPEC};

	return connect(fd, &nobody, sizeof(nobody)) ? -errno : 0;
}

/* By an earlier sweep, by its peer, or it never was connected. */
static bool is_closed(int fd, int family, int type)
{
	struct pollfd end = {.fd = fd};
	struct tcp_info info = {0};
	struct sockaddr_storage peer;
	socklen_t len = sizeof(info);

	if (family == AF_UNIX && type != SOCK_DGRAM)
		return poll(&end, 1, 0) == 1 && end.revents & POLLHUP;
	if (type == SOCK_STREAM)
		return !getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) &&
		       info.tcpi_state == TCP_CLOSE;
	len = sizeof(peer);
	return getpeername(fd, (struct sockaddr *)&peer, &len) && errno == ENOTCONN;
}

static int close_it(int fd)
{
	int family = 0, type = 0;
	socklen_t len = sizeof(int);

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &len) ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len))
		return -errno;
	if (is_closed(fd, family, type))
		return -ENOTCONN;
	if (family != AF_UNIX || type == SOCK_DGRAM)
		return dissolve(fd);
	return shutdown(fd, SHUT_RDWR) ? -errno : 0;
}

int writ_cut_close(const struct writ_cut_sweep *sweep, const struct writ_cut *record)
{
	_cleanup_close_ int fd = fetch(record);
	uint32_t number = sweep->kernel->node->sweep;
	struct writ_sock_reach reach;

	if (fd < 0)
		return fd;
	if (bpf_map_lookup_elem(sweep->kernel->map_fds[WRIT_MAP_sock_reaches], &fd, &reach) ||
	    reach.sweep != number || reach.sweep_kept == number)
		return -ESTALE;
	return close_it(fd);
}

static int network_of_task(const struct writ_cut *record)
{
	_cleanup_close_ int fd = -1;
	struct stat status;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%u/ns/net", record->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status))
		return -errno;
	return status.st_ino == record->network ? take_fd(&fd) : -ENOENT;
}

int writ_cut_network(const struct writ_cut *record)
{
	_cleanup_close_ int socket = -1;
	int fd = network_of_task(record);

	if (fd >= 0 || record->kind != WRIT_CUT_SOCKET)
		return fd;
	socket = fetch(record);
	if (socket < 0)
		return socket;
	fd = ioctl(socket, SIOCGSKNS);
	return fd < 0 ? -errno : fd;
}
