/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread for what waits for the disk, beside the writing: fsync(2) may take a second, in which
 * the ring would run full. One job at a time.
 */
#ifndef WRIT_TRAIL_WORKER_H
#define WRIT_TRAIL_WORKER_H

#include <stdbool.h>

struct writ_worker;

int writ_worker_start(struct writ_worker **ret);

/* Waits for what it does. */
void writ_worker_stop(struct writ_worker *worker);

/* 0 or -errno. What @argument leads to is the job's until it is done. */
typedef int writ_worker_job(void *argument);

/* -EBUSY: one is under way, or was not asked for its result. */
int writ_worker_ask(struct writ_worker *worker, writ_worker_job *job, void *argument);

/* True once after each request: it is done, *ret_err is its result. */
bool writ_worker_done(struct writ_worker *worker, int *ret_err);

/* Waits until nothing is under way. */
void writ_worker_wait(struct writ_worker *worker);

#endif
