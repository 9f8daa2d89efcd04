/* SPDX-License-Identifier: Apache-2.0 */
/* The layout of the file, and the way from each older one to it. For ledger*.c and tests alone. */
#ifndef WRIT_BROKER_LEDGER_SCHEMA_H
#define WRIT_BROKER_LEDGER_SCHEMA_H

#include <sqlite3.h>
#include <stddef.h>

#define WRIT_LEDGER_APPLICATION 0x57726974 /* "Writ", in the file's header */

/* steps[i] leads from layout i to i + 1. A step that was released is never changed. */
extern const char *const writ_ledger_steps[];
extern const size_t writ_ledger_n_steps;

/*
 * Reads, and changes nothing. @ret_layout: 0 for a file without a table. -EPROTO: the file is
 * another program's, or of a layout newer than @n_steps. -EIO: SQLite can't read it.
 */
int writ_ledger_schema_check(sqlite3 *db, size_t n_steps, size_t *ret_layout);

/* Takes the steps from @layout on, each in a transaction: -EIO leaves the last whole one. */
int writ_ledger_schema_migrate(sqlite3 *db, size_t layout, const char *const *steps,
			       size_t n_steps);

#endif
