/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See ledger_checkpoint.h. One thread, which sleeps until so many pages are new. It takes no lock
 * that a writer needs (a passive checkpoint). While commits come without a pause it can never move
 * the last pages, so the journal does not begin again from its start; the loop does what is left
 * when it has grown long. That is a wait for the disk in the way of all callers, so it has to be
 * rare and short: one in more than a thousand requests, with what a few of them have written. A
 * checkpoint that fails is no failed commit: the pages stay in the journal, and the next one moves
 * them.
 */
#include "broker/ledger_checkpoint.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

#include "lib/cleanup.h"

struct writ_ledger_checkpoint {
	sqlite3 *db; /* the thread's */
	sqlite3 *writer;
	pthread_t thread;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t changed;
	bool working;
	bool stopping;
	int moved; /* pages of the journal that are in the file */
};

static void *move_pages(void *context)
{
	struct writ_ledger_checkpoint *checkpoint = context;
	int moved;

	(void)pthread_mutex_lock(&checkpoint->lock);
	while (!checkpoint->stopping) {
		if (!checkpoint->working) {
			(void)pthread_cond_wait(&checkpoint->changed, &checkpoint->lock);
			continue;
		}
		(void)pthread_mutex_unlock(&checkpoint->lock);
		if (sqlite3_wal_checkpoint_v2(checkpoint->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL,
					      &moved) ||
		    moved < 0)
			moved = 0;
		(void)pthread_mutex_lock(&checkpoint->lock);
		checkpoint->moved = moved;
		checkpoint->working = false;
		(void)pthread_cond_broadcast(&checkpoint->changed);
	}
	(void)pthread_mutex_unlock(&checkpoint->lock);
	return NULL;
}

/* How much the loop may move of a journal of @pages. 0: it is short, and goes on. */
static int rest_of(int pages)
{
	if (pages < WRIT_LEDGER_CHECKPOINT_LATE)
		return 0;
	return WRIT_LEDGER_CHECKPOINT_REST + (pages - WRIT_LEDGER_CHECKPOINT_LATE) / 64;
}

/*
 * Asks for the next move when enough is new. Shall the loop move what is left? Where the journal is
 * at its last, it waits for the thread first: two can't move pages at a time.
 */
static bool look(struct writ_ledger_checkpoint *checkpoint, int pages)
{
	bool last = pages >= WRIT_LEDGER_CHECKPOINT_LAST, end = last;
	int left, rest = rest_of(pages);

	(void)pthread_mutex_lock(&checkpoint->lock);
	while (last && checkpoint->working)
		(void)pthread_cond_wait(&checkpoint->changed, &checkpoint->lock);
	if (pages < checkpoint->moved)
		checkpoint->moved = 0; /* it has begun again */
	left = pages - checkpoint->moved;
	if (!checkpoint->working && left <= rest)
		end = true;
	else if (!checkpoint->working && !last && (rest || left >= WRIT_LEDGER_CHECKPOINT_PAGES))
		checkpoint->working = true;
	if (checkpoint->working)
		(void)pthread_cond_broadcast(&checkpoint->changed);
	(void)pthread_mutex_unlock(&checkpoint->lock);
	return end;
}

/* Behind each commit, with the pages that the journal has. */
static int committed(void *context, sqlite3 *db, const char *name, int pages)
{
	if (look(context, pages))
		(void)sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	return SQLITE_OK;
}

static void free_checkpoint(struct writ_ledger_checkpoint **checkpoint)
{
	if (!*checkpoint)
		return;
	(void)sqlite3_close((*checkpoint)->db);
	(void)pthread_cond_destroy(&(*checkpoint)->changed);
	(void)pthread_mutex_destroy(&(*checkpoint)->lock);
	free(*checkpoint);
}

/* Signals are the loop's. */
static int start(struct writ_ledger_checkpoint *checkpoint)
{
	sigset_t all, before;
	int err;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&checkpoint->thread, NULL, move_pages, checkpoint);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -err;
}

int writ_ledger_checkpoint_open(sqlite3 *db, const char *path,
				struct writ_ledger_checkpoint **ret_checkpoint)
{
	_cleanup_(free_checkpoint) struct writ_ledger_checkpoint *checkpoint =
		calloc(1, sizeof(*checkpoint));
	int err;

	if (!checkpoint)
		return -ENOMEM;
	(void)pthread_mutex_init(&checkpoint->lock, NULL);
	(void)pthread_cond_init(&checkpoint->changed, NULL);
	checkpoint->writer = db;
	/* A connection that has read nothing knows of no journal, and would move none. */
	if (sqlite3_open_v2(path, &checkpoint->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
			    NULL) ||
	    sqlite3_exec(checkpoint->db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL))
		return -EIO;
	err = start(checkpoint);
	if (err)
		return err;
	(void)sqlite3_wal_hook(db, committed, checkpoint);
	*ret_checkpoint = take_ptr(checkpoint);
	return 0;
}

void writ_ledger_checkpoint_close(struct writ_ledger_checkpoint *checkpoint)
{
	if (!checkpoint)
		return;
	(void)sqlite3_wal_hook(checkpoint->writer, NULL, NULL);
	(void)pthread_mutex_lock(&checkpoint->lock);
	checkpoint->stopping = true;
	(void)pthread_cond_signal(&checkpoint->changed);
	(void)pthread_mutex_unlock(&checkpoint->lock);
	(void)pthread_join(checkpoint->thread, NULL);
	free_checkpoint(&checkpoint);
}
