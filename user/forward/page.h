/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the sinks have done, in memory that writ-forward shares with its parent (a memfd of
 * sizeof(struct writ_forward_page), which the parent makes and seals against other sizes). One
 * thread writes each row; numbers are read by __atomic loads, the text of an error between two
 * equal and even values of `writing`. Hostile as a whole to who reads it: its writer parses what
 * agents wrote.
 */
#ifndef WRIT_FORWARD_PAGE_H
#define WRIT_FORWARD_PAGE_H

#include <stdint.h>

#define WRIT_FORWARD_PAGE_VERSION 1u
#define WRIT_FORWARD_ROWS 10u /* WRIT_SINKS_MAX, alerts, live subscribers as one */
#define WRIT_FORWARD_ERROR_SIZE 200u

enum writ_forward_state {
	WRIT_FORWARD_UNUSED,
	WRIT_FORWARD_CONNECTING, /* not yet, or after an error */
	WRIT_FORWARD_SENDING,	 /* there are lines that it was not given */
	WRIT_FORWARD_CURRENT,	 /* it was given all that there are */
	WRIT_FORWARD_STATES,
};

struct writ_forward_row {
	char name[64];
	char type[16];
	uint32_t state;
	uint32_t writing;	/* odd while `error` changes */
	uint64_t since;		/* of this state: seconds since 1970 */
	uint64_t sent_lines;	/* taken by the other side, since this process began */
	uint64_t sent_bytes;	/* of the log */
	uint64_t skipped_lines; /* left out: behind: skip, or the other side can't take it */
	uint64_t skipped_bytes;
	uint64_t lost_segments; /* removed before they were read */
	uint64_t retries;
	uint64_t behind_lines; /* between what was taken and the end of the log */
	uint64_t behind_bytes;
	char error[WRIT_FORWARD_ERROR_SIZE]; /* the last one; "": none */
};

struct writ_forward_page {
	uint32_t version;
	uint32_t n;	   /* rows that are used, from the first */
	uint64_t policies; /* how often a policy was taken over */
	struct writ_forward_row rows[WRIT_FORWARD_ROWS];
};

_Static_assert(sizeof(struct writ_forward_row) == 360, "stable for its reader");

/* Adds to, or sets, a number of a row. */
#define writ_page_add(field, n) ((void)__atomic_fetch_add(field, (uint64_t)(n), __ATOMIC_RELAXED))
#define writ_page_set(field, n) __atomic_store_n(field, n, __ATOMIC_RELAXED)
#define writ_page_get(field) __atomic_load_n(field, __ATOMIC_RELAXED)

void writ_page_row(struct writ_forward_row *row, const char *name, const char *type);
void writ_page_state(struct writ_forward_row *row, enum writ_forward_state state);
void writ_page_error(struct writ_forward_row *row, const char *error);

#endif
