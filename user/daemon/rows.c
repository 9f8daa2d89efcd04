/* SPDX-License-Identifier: Apache-2.0 */
/* See rows.h. The bits are those of (highest - window, highest]; no memory, no failure. */
#include "daemon/rows.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define say(error, ...) ((void)snprintf(error, WRIT_ERROR_SIZE, __VA_ARGS__))

static uint64_t *word(struct writ_rows *rows, uint64_t row)
{
	return &rows->seen[row % WRIT_ROWS_WINDOW / 64];
}

static uint64_t bit(uint64_t row)
{
	return UINT64_C(1) << (row % 64);
}

static bool is_seen(const struct writ_rows *rows, uint64_t row)
{
	return row <= rows->floor ||
	       (row <= rows->highest && rows->seen[row % WRIT_ROWS_WINDOW / 64] & bit(row));
}

void writ_rows_open(struct writ_rows *rows, uint64_t highest)
{
	*rows = (struct writ_rows){.highest = highest, .floor = highest};
}

int writ_rows_check(const struct writ_rows *rows, uint64_t row, char error[WRIT_ERROR_SIZE])
{
	if (!row) {
		say(error, "the request has no row in the ledger; nothing is issued without one");
		return -EINVAL;
	}
	if (is_seen(rows, row)) {
		say(error,
		    "row %llu of the ledger was proposed before, or is older than those that were; "
		    "ask again, for a row of its own",
		    (unsigned long long)row);
		return -EEXIST;
	}
	if (row > INT64_MAX || (row > rows->highest && row - rows->highest > WRIT_ROWS_JUMP)) {
		say(error,
		    "row %llu is no row of the ledger: the last one was %llu; is the ledger "
		    "damaged?",
		    (unsigned long long)row, (unsigned long long)rows->highest);
		return -ERANGE;
	}
	return 0;
}

void writ_rows_note(struct writ_rows *rows, uint64_t row)
{
	if (row > rows->highest && row - rows->highest >= WRIT_ROWS_WINDOW)
		memset(rows->seen, 0, sizeof(rows->seen));
	else
		for (uint64_t at = rows->highest + 1; at <= row; at++)
			*word(rows, at) &= ~bit(at);
	*word(rows, row) |= bit(row);
	if (row <= rows->highest)
		return;
	rows->highest = row;
	if (row > WRIT_ROWS_WINDOW && row - WRIT_ROWS_WINDOW > rows->floor)
		rows->floor = row - WRIT_ROWS_WINDOW;
}
