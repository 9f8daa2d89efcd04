/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which bytes of the tables are in use: an array of parts, sorted by offset; what lies between them
 * is free (first fit). For arena.c alone.
 */
#ifndef WRIT_KERNEL_PARTS_H
#define WRIT_KERNEL_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct writ_part {
	uint32_t offset;
	uint32_t size;
	uint32_t checksum; /* of the image, to find its like */
	uint32_t held;	   /* slots of grants that refer to it */
	bool policy;	   /* a policy placed it, too */
};

struct writ_arena {
	struct writ_part *parts;
	size_t count;
	size_t capacity;
};

/* Puts @part at index @at. -ENOMEM. */
int writ_parts_add(struct writ_arena *arena, size_t at, struct writ_part part);

/* By offset, each once: for parts that were added in any order. */
void writ_parts_sort(struct writ_arena *arena);

/* The first gap of @size bytes. -ENOSPC: none is so large; -ENOMEM. */
int writ_parts_allocate(struct writ_arena *arena, uint32_t size, uint32_t checksum,
			uint32_t *ret_offset);
void writ_parts_free(struct writ_arena *arena, uint32_t offset);

/* The part that @ref (WRIT_REF, or 0) refers to, until one is added or freed; NULL: none. */
struct writ_part *writ_parts_of(const struct writ_arena *arena, uint64_t ref);

#endif
