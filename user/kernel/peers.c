/* SPDX-License-Identifier: Apache-2.0 */
/* See peers.h. Socket storage is read and written by descriptor. */
#include "kernel/peers.h"

#include <bpf/bpf.h>
#include <errno.h>

int writ_peers_listen(const struct writ_kernel *kernel, int listener_fd)
{
	const struct writ_peer_mark mark = {.flags = WRIT_PEER_LISTENER};

	return bpf_map_update_elem(kernel->map_fds[WRIT_MAP_peers], &listener_fd, &mark,
				   BPF_NOEXIST);
}

int writ_peers_of(const struct writ_kernel *kernel, int fd, struct writ_peer_mark *ret_mark)
{
	struct writ_peer_mark mark;
	int err = bpf_map_lookup_elem(kernel->map_fds[WRIT_MAP_peers], &fd, &mark);

	if (err)
		return err;
	if (mark.flags & WRIT_PEER_LISTENER) /* the listener itself, which nobody is behind */
		return -ENOENT;
	*ret_mark = mark;
	return 0;
}
