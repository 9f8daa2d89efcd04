/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of one segment, plain or packed, in blocks: as fast as the disk and zlib are. */
#ifndef WRIT_TRAIL_LINES_H
#define WRIT_TRAIL_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No line of Writ's is longer; what is longer is given out in pieces without newline. */
#define WRIT_LINES_MAX (128u << 10)

struct writ_lines;

/*
 * Opens a regular file (else -EINVAL), packed or not: that is seen by its first bytes. -ELOOP: a
 * symlink.
 */
int writ_lines_open(const char *path, struct writ_lines **ret);
void writ_lines_close(struct writ_lines *lines);

static inline void writ_lines_closep(struct writ_lines **lines)
{
	writ_lines_close(*lines);
}

/*
 * The next line, with its newline; valid until the next call. The last one of the file may lack it,
 * as may pieces of one that is too long. 1; 0 at the end; -errno; -EBADMSG: it is packed, and
 * damaged from here on.
 */
int writ_lines_next(struct writ_lines *lines, const char **ret_line, size_t *ret_len);

/* Of the line that was given out last: where it begins, in bytes unpacked. */
uint64_t writ_lines_offset(const struct writ_lines *lines);

#endif
