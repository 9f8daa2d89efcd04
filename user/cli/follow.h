/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of a log that grows: from the last N on, and, if asked, on and on, also when the file is
 * rotated away or cut. A line that has no newline yet is not given out until it has one, or the
 * file is over.
 */
#ifndef WRIT_CLI_FOLLOW_H
#define WRIT_CLI_FOLLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No line of Writ is longer; what is longer is given out in pieces, as cut. */
#define WRIT_FOLLOW_LINE_MAX 65536u

struct writ_follow;

struct writ_line {
	const char *text; /* no newline; NUL-terminated; valid until the next call */
	size_t len;
	uint64_t offset; /* of its first byte in the file */
	bool cut;	 /* it has no newline: the last of the file, or too long */
};

/* Begins at the last @n lines of @path. Takes regular files only (-EINVAL). */
int writ_follow_open(const char *path, uint64_t n, struct writ_follow **ret);
void writ_follow_close(struct writ_follow *follow);

static inline void writ_follow_closep(struct writ_follow **follow)
{
	writ_follow_close(*follow);
}

/*
 * The next line. Returns 1, 0 at the end of the file, or -errno. At the end the rest without
 * newline is given out when @last says that there will be no further call.
 */
int writ_follow_next(struct writ_follow *follow, bool last, struct writ_line *ret);

/*
 * After 0: is the file over? 1 when another one has taken its place, or it was cut short; 0 when
 * not, or when there is more to read after all; or -errno.
 */
int writ_follow_over(struct writ_follow *follow);

/* Goes over to the file that is in the path's place now. */
int writ_follow_reopen(struct writ_follow *follow);

/* The number of the line at @offset, from 1. Counts from where it counted last. */
uint64_t writ_follow_number(struct writ_follow *follow, uint64_t offset);

#endif
