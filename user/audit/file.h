/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log file: whole lines in, appended in batches. A failing disk never stops the caller: lines
 * wait in a buffer, a line that finds it full is refused, and flushing tries again. What was
 * written in part is continued, so no line is torn unless the process dies.
 */
#ifndef WRIT_AUDIT_FILE_H
#define WRIT_AUDIT_FILE_H

#include <stddef.h>
#include <stdint.h>

/* What can wait while the disk fails: about 2,000 ordinary lines. Written out at a quarter. */
#define WRIT_FILE_BUFFER_SIZE (1u << 20)
#define WRIT_FILE_PATH_SIZE 4096u

struct writ_file;

/*
 * Opens @path for appending (0640; its directory is made 0750 when missing). Refuses what is not
 * a regular file (-EINVAL) and a symlink (-ELOOP). A last line that a crash cut is ended first.
 */
int writ_file_open(const char *path, struct writ_file **ret);

/* Writes what it can and closes. */
void writ_file_close(struct writ_file *file);

static inline void writ_file_closep(struct writ_file **file)
{
	writ_file_close(*file);
}

/* Takes a line with its newline. -ENOBUFS: no room, since the disk fails; not taken. */
int writ_file_put(struct writ_file *file, const char *line, size_t len);

/*
 * Writes out all lines, into a new file if the old one was rotated away. Returns 0 or the error
 * that keeps lines waiting. Call it when no more lines are at hand.
 */
int writ_file_flush(struct writ_file *file);

/* How many cut lines were ended since the last call: 0 or 1, or more after rotations. */
uint64_t writ_file_take_cut(struct writ_file *file);

#endif
