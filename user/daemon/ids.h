/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ids of proposals are never given twice, not even by the next writd: who approves an id that he
 * has read before a restart must not approve another request. Ids are taken from a file in blocks.
 */
#ifndef WRIT_DAEMON_IDS_H
#define WRIT_DAEMON_IDS_H

#include "daemon/daemon.h"

#define WRIT_IDS_FILE "proposals" /* the last id that may have been given */

/* Reads the file. One that can't be read or makes no sense is logged: no proposal is kept then. */
void writ_ids_open(struct writ_daemon *daemon);

/* There is a next id. -EIO, with what helps in @error: the file can't say so. */
int writ_ids_reserve(struct writ_daemon *daemon, char error[WRIT_ERROR_SIZE]);

#endif
