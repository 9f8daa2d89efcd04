/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of a trail that answer a question, oldest first, over all segments. Of closed segments only
 * the blocks are read that may have an answer, by their index; one without an index is read whole.
 */
#ifndef WRIT_TRAIL_QUERY_H
#define WRIT_TRAIL_QUERY_H

#include <stddef.h>
#include <stdint.h>

#include "trail/blocks.h"

struct writ_query {
	/* each must be equal, as it stands in the line, escaped; NULL: any */
	const char *words[WRIT_WORD_COUNT];
	const char *object; /* fnmatch(3) pattern of the object, NULL: any */
	int64_t since_us;   /* since 1970; INT64_MIN, INT64_MAX: no bound */
	int64_t until_us;
	const struct writ_query *also; /* lines that answer this one are answers, too; NULL: none */
	const char *exe;    /* pattern of the path of the program that acted, NULL: any */
	const char *exec;   /* id of the exec that began it, in digits; NULL: any */
};

/* What it took. */
struct writ_query_cost {
	uint64_t segments;
	uint64_t blocks;		   /* of closed segments with an index */
	uint64_t read;			   /* of these, blocks that were read */
	uint64_t bytes;			   /* of lines looked at */
	uint64_t damaged;		   /* segments, or rests of them, that could not be read */
	char path[WRIT_SEGMENT_PATH_SIZE]; /* of the last such */
};

/* @line with its newline. Not 0: the search ends, with that as its result. */
typedef int writ_query_visitor(void *context, const char *line, size_t len);

/* 0, what @visitor said, or -errno: nothing can be read. @ret_cost is always filled in. */
int writ_query_run(const char *log, const struct writ_query *query, writ_query_visitor *visitor,
		   void *context, struct writ_query_cost *ret_cost);

#endif
