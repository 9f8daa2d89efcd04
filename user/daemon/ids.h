/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ids are never given twice, not even by the next writd. Who approves a proposal that he has read
 * before a restart must not approve another one; and the ledger knows a grant by its number, also
 * when everything was unloaded meanwhile. Nor is a row of the ledger proposed twice, whose numbers
 * are the broker's (rows.h). Ids are taken from a file in blocks.
 */
#ifndef WRIT_DAEMON_IDS_H
#define WRIT_DAEMON_IDS_H

#include "daemon/daemon.h"

#define WRIT_IDS_FILE "proposals" /* the last id that may have been given */
#define WRIT_IDS_GRANTS_FILE "grants"
#define WRIT_IDS_ROWS_FILE "rows" /* of the ledger: the highest that may have been proposed */

/*
 * Reads the files. One that can't be read or makes no sense is logged: no proposal is kept then, no
 * grant is issued. Grants and rows go on behind what the kernel's maps and the files say.
 */
void writ_ids_open(struct writ_daemon *daemon);

/* What was taken and not given is left to the next writd; a failure costs some numbers. */
void writ_ids_close(struct writ_daemon *daemon);

/* There is a next id. -EIO, with what helps in @error: the file can't say so. */
int writ_ids_reserve_proposal(struct writ_daemon *daemon, char error[WRIT_ERROR_SIZE]);
int writ_ids_reserve_grant(struct writ_daemon *daemon, char error[WRIT_ERROR_SIZE]);

/*
 * Row @ledger of the ledger is proposed now, and never again. -EINVAL, -EEXIST, -ERANGE: see
 * writ_rows_check(); -EIO as above. Each with what helps in @error.
 */
int writ_ids_take_row(struct writ_daemon *daemon, uint64_t ledger, char error[WRIT_ERROR_SIZE]);

#endif
