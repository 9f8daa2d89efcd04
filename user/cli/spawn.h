/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process that is born in a cgroup and runs a command there. Between birth and execution it
 * waits, so that its parent can look where it is.
 */
#ifndef WRIT_CLI_SPAWN_H
#define WRIT_CLI_SPAWN_H

#include <sys/types.h>

struct writ_child {
	pid_t pid;
	int go;	   /* pipe: a byte lets it execute, closing it lets it die */
	int error; /* pipe: the errno of an execution that failed; ends when it succeeded */
};

/*
 * Blocks the signals that writ_spawn_wait() handles, and starts the child in the cgroup that
 * directory @cgroup_fd stands for. The child closes all descriptors from 3 on and has default
 * signal handlers and an empty mask. Its environment is @env, whose PATH leads to the command, or
 * the caller's if that is NULL. Returns -errno of clone3(2).
 */
int writ_spawn_start(int cgroup_fd, char *const *command, char *const *env, struct writ_child *ret);

/*
 * Lets the child execute. Returns 0 when the command runs, else the -errno of execvp(3); then the
 * child is gone.
 */
int writ_spawn_release(struct writ_child *child);

/*
 * Waits for the end of the child, handing on SIGINT, SIGTERM, SIGHUP and SIGQUIT that a process
 * sent (those of a terminal reach the child anyway). Returns its status as wait(2) has it.
 */
int writ_spawn_wait(struct writ_child *child);

/* Kills a child that was not released, and waits for its end. Harmless on a zeroed one. */
void writ_spawn_kill(struct writ_child *child);

#endif
