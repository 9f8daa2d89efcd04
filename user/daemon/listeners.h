/* SPDX-License-Identifier: Apache-2.0 */
/* A listening Unix socket at a path of ours; what an earlier writd left there is removed. */
#ifndef WRIT_DAEMON_LISTENERS_H
#define WRIT_DAEMON_LISTENERS_H

#include "daemon/daemon.h"

/*
 * @type: SOCK_STREAM or SOCK_SEQPACKET. @marked: connections carry the kernel's mark of who made
 * them, and agents may make them. Mode 0600 until the caller says else. -errno, logged.
 */
int writ_listeners_open(const struct writ_daemon *daemon, const char *path, int type, bool marked,
			int *ret_fd);

#endif
