/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that lives and dies together: a policy, or the nodes of one document. Also the one way in
 * which compile/ grows an array.
 */
#ifndef WRIT_COMPILE_ARENA_H
#define WRIT_COMPILE_ARENA_H

#include <stddef.h>

struct writ_arena {
	struct writ_arena_chunk *chunks; /* newest first */
	size_t used;			 /* of the newest */
	size_t capacity;		 /* of the newest */
};

/* Zeroed, aligned to 8. NULL: no memory. */
void *writ_arena_alloc(struct writ_arena *arena, size_t size);

/* @n elements of @size; NULL also when the product overflows. Never NULL for @n = 0. */
void *writ_arena_array(struct writ_arena *arena, size_t n, size_t size);

/* A copy of @len bytes with a NUL behind them. */
char *writ_arena_text(struct writ_arena *arena, const char *bytes, size_t len);

/* Leaves an empty arena. Fit for _cleanup_(writ_arena_free). */
void writ_arena_free(struct writ_arena *arena);

/*
 * Makes room for @need elements of @size in the malloc'ed array at @items (a T **), doubling
 * @capacity. 0 or -ENOMEM; the array is unchanged on failure.
 */
int writ_array_reserve(void *items, size_t *capacity, size_t need, size_t size);

#endif
