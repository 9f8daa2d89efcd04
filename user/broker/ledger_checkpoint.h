/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moves the journal into the file beside the loop: it waits for the disk, some milliseconds each
 * time, and no request should. For ledger*.c and their tests alone.
 */
#ifndef WRIT_BROKER_LEDGER_CHECKPOINT_H
#define WRIT_BROKER_LEDGER_CHECKPOINT_H

#include <sqlite3.h>

/*
 * In pages of journal (4 KiB): so many new ones are moved at a time. A journal so long has to begin
 * again: the thread moves what is new without a pause, and when no more than a rest is left, the
 * loop moves that, while all callers wait for the disk. The longer the journal is, the larger the
 * rest may be; of one so long it is whatever there is.
 */
#define WRIT_LEDGER_CHECKPOINT_PAGES 1000
#define WRIT_LEDGER_CHECKPOINT_LATE 32000
#define WRIT_LEDGER_CHECKPOINT_REST 200
#define WRIT_LEDGER_CHECKPOINT_LAST 128000

struct writ_ledger_checkpoint;

/*
 * Starts a thread that has a connection of its own to @path, and has @db call it after each commit.
 * -errno: no thread, no connection.
 */
int writ_ledger_checkpoint_open(sqlite3 *db, const char *path,
				struct writ_ledger_checkpoint **ret_checkpoint);

/* Waits for what it does. Before @db is closed. */
void writ_ledger_checkpoint_close(struct writ_ledger_checkpoint *checkpoint);

#endif
