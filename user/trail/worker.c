/* SPDX-License-Identifier: Apache-2.0 */
/* See worker.h. */
#include "trail/worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "lib/cleanup.h"

enum state {
	IDLE,
	ASKED,
	DONE,
	STOP,
};

struct writ_worker {
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	enum state state;
	writ_worker_job *job;
	void *argument;
	int err;
};

static void *work(void *pointer)
{
	struct writ_worker *worker = pointer;

	(void)pthread_mutex_lock(&worker->mutex);
	while (worker->state != STOP) {
		int err;

		if (worker->state != ASKED) {
			(void)pthread_cond_wait(&worker->changed, &worker->mutex);
			continue;
		}
		(void)pthread_mutex_unlock(&worker->mutex);
		err = worker->job(worker->argument);
		(void)pthread_mutex_lock(&worker->mutex);
		worker->err = err;
		worker->state = DONE;
		(void)pthread_cond_broadcast(&worker->changed);
	}
	(void)pthread_mutex_unlock(&worker->mutex);
	return NULL;
}

int writ_worker_start(struct writ_worker **ret)
{
	_cleanup_free_ struct writ_worker *worker = calloc(1, sizeof(*worker));
	sigset_t all, before;
	int err;

	if (!worker)
		return -ENOMEM;
	(void)pthread_mutex_init(&worker->mutex, NULL);
	(void)pthread_cond_init(&worker->changed, NULL);
	(void)sigfillset(&all); /* signals are for the thread that has the loop */
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&worker->thread, NULL, work, worker);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		return -err;
	*ret = take_ptr(worker);
	return 0;
}

void writ_worker_stop(struct writ_worker *worker)
{
	if (!worker)
		return;
	writ_worker_wait(worker);
	(void)pthread_mutex_lock(&worker->mutex);
	worker->state = STOP;
	(void)pthread_cond_broadcast(&worker->changed);
	(void)pthread_mutex_unlock(&worker->mutex);
	(void)pthread_join(worker->thread, NULL);
	(void)pthread_cond_destroy(&worker->changed);
	(void)pthread_mutex_destroy(&worker->mutex);
	free(worker);
}

int writ_worker_ask(struct writ_worker *worker, writ_worker_job *job, void *argument)
{
	int err = 0;

	(void)pthread_mutex_lock(&worker->mutex);
	if (worker->state != IDLE) {
		err = -EBUSY;
	} else {
		worker->job = job;
		worker->argument = argument;
		worker->state = ASKED;
		(void)pthread_cond_broadcast(&worker->changed);
	}
	(void)pthread_mutex_unlock(&worker->mutex);
	return err;
}

bool writ_worker_done(struct writ_worker *worker, int *ret_err)
{
	bool done;

	(void)pthread_mutex_lock(&worker->mutex);
	done = worker->state == DONE;
	if (done) {
		*ret_err = worker->err;
		worker->state = IDLE;
	}
	(void)pthread_mutex_unlock(&worker->mutex);
	return done;
}

void writ_worker_wait(struct writ_worker *worker)
{
	(void)pthread_mutex_lock(&worker->mutex);
	while (worker->state == ASKED)
		(void)pthread_cond_wait(&worker->changed, &worker->mutex);
	(void)pthread_mutex_unlock(&worker->mutex);
}
