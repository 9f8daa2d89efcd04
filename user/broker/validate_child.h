/* SPDX-License-Identifier: Apache-2.0 */
/* A command as a child: in a process group of its own, with three streams and nothing else. */
#ifndef WRIT_BROKER_VALIDATE_CHILD_H
#define WRIT_BROKER_VALIDATE_CHILD_H

#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <sys/types.h>

/* What one may use, so that a command gone wild is its own problem and not the node's. */
#define WRIT_VALIDATE_FILES 256u	/* descriptors */
#define WRIT_VALIDATE_MEMORY (1u << 30) /* bytes of its own */
#define WRIT_VALIDATE_TASKS 2048u	/* of the broker's user: 32 for each of 64 */

struct writ_validate_child {
	pid_t pid; /* also its process group's, as long as it is not reaped */
	int pidfd;
	int output; /* its stdout, not blocking */
};

/*
 * Starts @argv (@n, the first an absolute path) with @input on its stdin. 0 once the program is
 * loaded; -E2BIG: the input does not fit into a pipe; -errno, also of the exec; nothing is left
 * then.
 */
int writ_validate_spawn(const char *const *argv, size_t n, const char *input, uint64_t limit_ns,
			struct writ_validate_child *ret_child);

/* Kills it and its process group. It must not have been reaped. */
void writ_validate_kill(const struct writ_validate_child *child);

/* Has it ended? 1 with how, and it is not reaped; 0; -errno: nobody knows, and its pid is gone. */
int writ_validate_ended(const struct writ_validate_child *child, siginfo_t *ret_info);

/* Waits for it and takes its descriptors back. */
void writ_validate_reap(struct writ_validate_child *child);

#endif
