/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log that is being written, as one who reads it finds it: between two looks a segment is closed,
 * packed, or removed. What stands at one moment is taken, and looked for wherever it is by then.
 */
#ifndef WRIT_TRAIL_SNAPSHOT_H
#define WRIT_TRAIL_SNAPSHOT_H

#include "trail/lines.h"
#include "trail/segment.h"

/*
 * The segments of one moment, see writ_segments_list(), and the number of the open one; that is
 * WRIT_SEGMENT_OPEN if there is none, or its first line is none. Looks again for a while when what
 * it sees is between two steps of the writer.
 */
int writ_snapshot_list(const char *log, struct writ_segment **ret_segments, size_t *ret_n,
		       uint64_t *ret_open);

/*
 * Opens a segment of the list where it is now. @open: the number of the open one, as above.
 * -ENOENT: it is not there any more.
 */
int writ_snapshot_lines(const char *log, const struct writ_segment *segment, uint64_t open,
			struct writ_lines **ret);

/* The number of the segment that is being written now; WRIT_SEGMENT_OPEN: none. */
uint64_t writ_snapshot_open(const char *log);

/* Segments before this one were removed, as lines say in segment @from and those after it. */
uint64_t writ_snapshot_removed(const char *log, uint64_t from);

/* A moment, in which a writer goes on. */
void writ_snapshot_pause(void);

#endif
