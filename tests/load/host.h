/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host of one's own for load: a mount namespace with its own bpffs, run directory and user
 * `writ`, cgroups for agents, and a `writd --no-attach` in it. What goes wrong ends the process
 * with a line that says so. Root.
 */
#ifndef WRIT_TESTS_LOAD_HOST_H
#define WRIT_TESTS_LOAD_HOST_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct load_host {
	char dir[64]; /* files of writd */
	char policy[96];
	char cgroups[256]; /* directory of the agents' */
	char program[PATH_MAX];
	char core[96]; /* sockets */
	char agents[96];
	char operators[96];
	uint32_t n_agents;
	pid_t writd;
};

/* Prints and exits. */
void load_die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Seconds of CLOCK_BOOTTIME. */
double load_now(void);

/*
 * Moves this process, for good, into a namespace of its own, and makes cgroups and policy for
 * @n_agents: agent a0, a1, ... may ask for playbook p, with service=[a-z0-9]+.
 */
void load_host_open(struct load_host *host, uint32_t n_agents);

/* Starts writd; its pid. */
pid_t load_host_spawn(const struct load_host *host);

/* The same, and waits until agents are answered. Seconds that it took. */
double load_host_start(struct load_host *host);

/* Ends it by @signal and waits for it. */
void load_host_stop(struct load_host *host, int signal);

/* Removes files (unless @keep) and cgroups; nobody may be in these any more. */
void load_host_close(struct load_host *host, bool keep);

/* This process becomes agent number @agent. */
void load_host_join(const struct load_host *host, uint32_t agent);

/* The pid of the child of writd named @name; 0: there is none. */
pid_t load_host_child(const struct load_host *host, const char *name);

/* MiB of the pinned maps, by the kernel's account. */
double load_host_maps_mb(const struct load_host *host);

/* Resident MiB of writd and its children. */
double load_host_rss_mb(const struct load_host *host);

#endif
