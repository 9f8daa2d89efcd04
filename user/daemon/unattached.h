/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `writd --no-attach`: everything but the hooks, so that a load can be measured where LSM programs
 * do not load. Nothing is enforced, and it says so wherever it can be asked. It has files of its
 * own, below one directory, and pins of its own.
 */
#ifndef WRIT_DAEMON_UNATTACHED_H
#define WRIT_DAEMON_UNATTACHED_H

#include "daemon/daemon.h"

#define WRIT_UNATTACHED_WORDS \
	"--no-attach, for load tests: nothing is attached, nothing is enforced"

/*
 * Puts sockets, state, ledger and log of @options below @directory, which is made; the strings are
 * static. From here on the pins are those of this mode. -errno, logged.
 */
int writ_unattached_options(const char *directory, struct writ_daemon_options *options);

/* Opens daemon->kernel: as always, or in this mode without programs. */
int writ_unattached_kernel(struct writ_daemon *daemon);

/*
 * Who is behind @connection, where no hook has marked it: the process that made it, by the kernel's
 * word (SO_PEERPIDFD, 6.5), and the agent of the cgroup that it is in when this is asked for the
 * first time. Weaker than the mark, which says where it was when it connected; so this is asked in
 * this mode alone. -ENOENT: the connection is none of our listeners', or the process is gone.
 */
int writ_unattached_mark(const struct writ_daemon *daemon, int connection,
			 struct writ_peer_mark *ret_mark);

/* Is the process that @pidfd names, with @pid, in an agent's cgroup? True as well if it is gone. */
bool writ_unattached_is_agent(const struct writ_daemon *daemon, int pidfd, int32_t pid);

#endif
