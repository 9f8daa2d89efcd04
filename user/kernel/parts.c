/* SPDX-License-Identifier: Apache-2.0 */
/* See parts.h. */
#include "kernel/parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "writ/image.h"
#include "writ/maps.h"
#include "writ/match.h"

int writ_parts_add(struct writ_arena *arena, size_t at, struct writ_part part)
{
	if (arena->count == arena->capacity) {
		size_t capacity = arena->capacity ? 2 * arena->capacity : 64;
		struct writ_part *parts = realloc(arena->parts, capacity * sizeof(*parts));

		if (!parts)
			return -ENOMEM;
		arena->parts = parts;
		arena->capacity = capacity;
	}
	memmove(arena->parts + at + 1, arena->parts + at,
		(arena->count - at) * sizeof(*arena->parts));
	arena->parts[at] = part;
	arena->count++;
	return 0;
}

static size_t find(const struct writ_arena *arena, uint32_t offset)
{
	size_t low = 0, high = arena->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (arena->parts[middle].offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The first gap of @size bytes; the arena's first bytes stay unused, so that offset 0 is none. */
int writ_parts_allocate(struct writ_arena *arena, uint32_t size, uint32_t checksum,
			uint32_t *ret_offset)
{
	uint32_t end = WRIT_IMAGE_ALIGN;
	size_t at = 0;
	int err;

	for (; at < arena->count && arena->parts[at].offset - end < size; at++)
		end = arena->parts[at].offset + arena->parts[at].size;
	if (at == arena->count && WRIT_TABLES_SIZE - end < size)
		return -ENOSPC;
	err = writ_parts_add(arena, at, (struct writ_part){end, size, checksum, 0, false});
	if (!err)
		*ret_offset = end;
	return err;
}

void writ_parts_free(struct writ_arena *arena, uint32_t offset)
{
	size_t at = find(arena, offset);

	if (at == arena->count || arena->parts[at].offset != offset)
		return;
	memmove(arena->parts + at, arena->parts + at + 1,
		(arena->count - at - 1) * sizeof(*arena->parts));
	arena->count--;
}

static int compare_parts(const void *left, const void *right)
{
	const struct writ_part *a = left, *b = right;

	return (a->offset > b->offset) - (a->offset < b->offset);
}

/* By offset, each once. */
void writ_parts_sort(struct writ_arena *arena)
{
	size_t n = 0;

	if (arena->count)
		qsort(arena->parts, arena->count, sizeof(*arena->parts), compare_parts);
	for (size_t i = 0; i < arena->count; i++)
		if (!n || arena->parts[i].offset != arena->parts[n - 1].offset)
			arena->parts[n++] = arena->parts[i];
	arena->count = n;
}

struct writ_part *writ_parts_of(const struct writ_arena *arena, uint64_t ref)
{
	size_t at = find(arena, WRIT_REF_OFFSET(ref));

	return ref && at < arena->count && arena->parts[at].offset == WRIT_REF_OFFSET(ref)
		       ? &arena->parts[at]
		       : NULL;
}
