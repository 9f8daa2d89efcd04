/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Look-up by name in an array of model objects. Each of them begins with its name and its
 * position, which is all that an index knows of it.
 */
#ifndef WRIT_COMPILE_INDEX_H
#define WRIT_COMPILE_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "compile/diagnostics.h"

struct writ_named {
	const char *name;
	struct writ_position at;
};

struct writ_index {
	const char *base;
	size_t stride;
	size_t n;
	uint32_t *order; /* by name, then by place; from malloc */
};

/* Indexes @n objects of @stride bytes at @base, which must not move. 0 or -ENOMEM. */
int writ_index_build(struct writ_index *index, const void *base, size_t n, size_t stride);

void writ_index_free(struct writ_index *index);

/* The first object of that name, NULL if there is none. */
const void *writ_index_find(const struct writ_index *index, const char *name);

/* The name nearest to @name and near enough to be meant; NULL if there is none. */
const char *writ_index_nearest(const struct writ_index *index, const char *name);

/*
 * The error that no @kind has @name, with the nearest name; always -EINVAL. To look for that name
 * costs as much as there are objects: it is left out where the error itself is only counted.
 */
int writ_index_missing(const struct writ_index *index, const char *kind, const char *name,
		       const struct writ_position *at, struct writ_diagnostics *diags);

/* An error for each object whose name an earlier one has. */
void writ_index_duplicates(const struct writ_index *index, const char *kind,
			   struct writ_diagnostics *diags);

#endif
