/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The child that sweeps (kernel/cut.h) for the core: forked before the core confines itself, since
 * a sweep looks into other processes, which the core may not do from then on. It takes one order at
 * a time and answers with counts. The core decides nothing by them. One that has died can't be
 * started again by a core that has given up those rights: the next writd has one.
 */
#ifndef WRIT_DAEMON_CUTTER_H
#define WRIT_DAEMON_CUTTER_H

#include <stdint.h>
#include <sys/types.h>

#include "kernel/cut.h"

#define WRIT_CUTTER_NAME "writ-cutter"
#define WRIT_CUTTER_GRANTS_MAX 4096u /* in one order */
#define WRIT_CUTTER_LIMIT_MS 30000   /* for one sweep; then it is killed */

struct writ_cutter {
	pid_t pid; /* 0: there is none */
	int fd;	   /* while there is one */
};

/* A packet to the cutter. Each answer to it is a packet with one count; WRIT_CUT_END or _PART ends
 * them. */
struct writ_cutter_order {
	uint32_t size; /* of this */
	uint32_t n_grants;
	uint64_t grants[WRIT_CUTTER_GRANTS_MAX]; /* that have ended, in ascending order */
};

/* Forks it. -errno, logged: there is none. */
int writ_cutter_open(struct writ_kernel *kernel, struct writ_cutter *ret_cutter);

/*
 * @grants as in the order, all answers to the order before have been taken. -E2BIG: too many;
 * -ECHILD: there is no cutter; else -errno: it is gone, or stuck.
 */
int writ_cutter_order(const struct writ_cutter *cutter, const uint64_t *grants, size_t n);

/* 1: *@ret_count is the next; 0: none yet; -EPROTO: that was no answer; else -errno: it is gone. */
int writ_cutter_answer(const struct writ_cutter *cutter, struct writ_cut_count *ret_count);

/* It ends, with the sweep that it makes; is not waited for. */
void writ_cutter_close(struct writ_cutter *cutter);

/* --- in the child ----------------------------------------------------------------------------- */

/* What it keeps: a set of capabilities. */
uint64_t writ_cutter_capabilities(void);

/* System calls: those that sweeps make. Others fail with EPERM, and are logged by the kernel. */
int writ_cutter_calls(void);

/* Takes orders from @channel until it ends; returns why, -errno. 0: the core has closed it. */
int writ_cutter_run(struct writ_kernel *kernel, int channel);

#endif
