/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of a trail, by the path of the one that is being written: DIR/audit.jsonl. Closed
 * segments are DIR/audit-00000007.jsonl or, packed, DIR/audit-00000007.jsonl.gz; the first lines of
 * all segments are in DIR/audit.keys, the signing keys in DIR/audit.key.
 */
#ifndef WRIT_TRAIL_SEGMENT_H
#define WRIT_TRAIL_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WRIT_SEGMENT_PATH_SIZE 4096u
#define WRIT_SEGMENT_OPEN UINT64_MAX /* the number is in its first line only */
#define WRIT_SEGMENTS_MAX 1000000u

struct writ_segment {
	uint64_t number; /* WRIT_SEGMENT_OPEN: the one that is being written */
	uint64_t size;	 /* of the file, bytes */
	bool packed;
	char *path;
};

/* Of a closed segment, packed or not; -ENAMETOOLONG. */
int writ_segment_path(const char *log, uint64_t number, bool packed,
		      char ret_path[WRIT_SEGMENT_PATH_SIZE]);

/* Of the file of first lines, and of the one that has the signing keys. */
int writ_segment_keys_path(const char *log, char ret_path[WRIT_SEGMENT_PATH_SIZE]);
int writ_segment_key_path(const char *log, char ret_path[WRIT_SEGMENT_PATH_SIZE]);

/*
 * The segments that are there, in order, the open one last. Of a number that is there packed and
 * not, the packing was not finished: the plain one counts. -E2BIG: over WRIT_SEGMENTS_MAX files.
 * Freed by writ_segments_free().
 */
int writ_segments_list(const char *log, struct writ_segment **ret_segments, size_t *ret_n);
void writ_segments_free(struct writ_segment *segments, size_t n);

#endif
