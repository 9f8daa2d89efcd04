/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is at the other end of a connection, as the kernel saw it when that was made: of sockets that
 * a marked listener accepts. The mark is that of the process that connected, however it has changed
 * since and whoever has its end now.
 */
#ifndef WRIT_KERNEL_PEERS_H
#define WRIT_KERNEL_PEERS_H

#include "kernel/kernel.h"

/*
 * Marks a listening Unix socket (stream or seqpacket): agents may connect to it whatever their
 * roles say, and each connection is noted. Before the first connect: earlier ones have no mark.
 * The mark ends with the socket.
 */
int writ_peers_listen(const struct writ_kernel *kernel, int listener_fd);

/* The mark of connection @fd, an accepted socket. -ENOENT: it has none. */
int writ_peers_of(const struct writ_kernel *kernel, int fd, struct writ_peer_mark *ret_mark);

#endif
