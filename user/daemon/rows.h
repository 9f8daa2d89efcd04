/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which rows of the ledger have been proposed. A grant is one request's, and a request is one row:
 * a row that was proposed is not proposed again, whoever is in the broker's place, so no grant
 * stands behind another one's row. Rows come nearly in order (a validator may take its time over
 * one), so the last so many are kept apart, and what is older counts as proposed.
 *
 * Which rows they were is not kept beyond a restart, only the highest: the broker, which ends with
 * the core, is told it and goes on above. That is so with a new ledger, too.
 */
#ifndef WRIT_DAEMON_ROWS_H
#define WRIT_DAEMON_ROWS_H

#include <stdint.h>

#include "writ/control.h"

/* A minute of a thousand requests a second, all overtaken by others in the validator's time. */
#define WRIT_ROWS_WINDOW 65536u

/*
 * No row is so far above all others: one that is would use up, in few steps, the numbers that there
 * are for an honest broker.
 */
#define WRIT_ROWS_JUMP (UINT64_C(1) << 32)

struct writ_rows {
	uint64_t highest;
	uint64_t floor;			      /* this and all below it count as proposed */
	uint64_t seen[WRIT_ROWS_WINDOW / 64]; /* of those above: bit `row % window` */
};

/* All up to @highest count as proposed. */
void writ_rows_open(struct writ_rows *rows, uint64_t highest);

/*
 * May @row be proposed? -EINVAL: 0 is no row; -EEXIST: it was, or may have been; -ERANGE: no row
 * can have that number. Each with what helps in @error.
 */
int writ_rows_check(const struct writ_rows *rows, uint64_t row, char error[WRIT_ERROR_SIZE]);

/* It is: writ_rows_check() has said that it may be. */
void writ_rows_note(struct writ_rows *rows, uint64_t row);

#endif
