/* SPDX-License-Identifier: Apache-2.0 */
/* See index.h. */
#include "compile/index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile/suggest.h"
#include "writ/abi.h"

static const struct writ_named *object(const struct writ_index *index, size_t place)
{
	return (const struct writ_named *)(const void *)(index->base +
							 index->order[place] * index->stride);
}

static int compare(const void *left, const void *right, void *context)
{
	const struct writ_index *index = context;
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	const struct writ_named *first = (const void *)(index->base + a * index->stride);
	const struct writ_named *second = (const void *)(index->base + b * index->stride);
	int order = strcmp(first->name, second->name);

	return order ? order : a < b ? -1 : a > b;
}

int writ_index_build(struct writ_index *index, const void *base, size_t n, size_t stride)
{
	uint32_t *order = calloc(n + 1, sizeof(*order));

	if (!order)
		return -ENOMEM;
	*index = (struct writ_index){.base = base, .n = n, .stride = stride, .order = order};
	for (size_t i = 0; i < n; i++)
		order[i] = (uint32_t)i;
	qsort_r(order, n, sizeof(*order), compare, index);
	return 0;
}

void writ_index_free(struct writ_index *index)
{
	free(index->order);
	*index = (struct writ_index){0};
}

const void *writ_index_find(const struct writ_index *index, const char *name)
{
	size_t low = 0, high = index->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(object(index, middle)->name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < index->n && !strcmp(object(index, low)->name, name))
		return object(index, low);
	return NULL;
}

const char *writ_index_nearest(const struct writ_index *index, const char *name)
{
	const char *nearest = NULL;
	size_t best = 0;

	for (size_t i = 0; i < index->n; i++) {
		const char *word = object(index, i)->name;
		size_t distance = writ_suggest_distance(name, word);

		if (!writ_suggest_near(word, distance) || (nearest && distance >= best))
			continue;
		nearest = word;
		best = distance;
	}
	return nearest;
}

int writ_index_missing(const struct writ_index *index, const char *kind, const char *name,
		       const struct writ_position *at, struct writ_diagnostics *diags)
{
	const char *nearest =
		diags->count < WRIT_DIAGNOSTICS_MAX ? writ_index_nearest(index, name) : NULL;

	return writ_diagnostics_error(diags, at, "no %s is named \"%.64s\"%s%s%s", kind, name,
				      nearest ? " (did you mean \"" : "", nearest ? nearest : "",
				      nearest ? "\"?)" : "");
}

void writ_index_duplicates(const struct writ_index *index, const char *kind,
			   struct writ_diagnostics *diags)
{
	size_t first = 0;

	for (size_t i = 1; i < index->n; i++) {
		const struct writ_named *at = object(index, i), *old = object(index, first);

		if (strcmp(at->name, old->name)) {
			first = i;
			continue;
		}
		(void)writ_diagnostics_error(diags, &at->at,
					     "%s \"%s\" is there already; first at %s:%u:%u", kind,
					     at->name, old->at.file, old->at.line, old->at.column);
	}
}
