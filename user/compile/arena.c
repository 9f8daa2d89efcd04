/* SPDX-License-Identifier: Apache-2.0 */
/* See arena.h. Chunks double from 4 KiB to 1 MiB; an object over that gets a chunk of its own. */
#include "compile/arena.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_MIN ((size_t)4096)
#define CHUNK_MAX ((size_t)1 << 20)
#define ALIGN_UP(n) (((n) + 7) & ~(size_t)7)

struct writ_arena_chunk {
	struct writ_arena_chunk *next;
	char bytes[] __attribute__((aligned(8)));
};

static int add_chunk(struct writ_arena *arena, size_t size)
{
	size_t capacity = arena->capacity ? arena->capacity * 2 : CHUNK_MIN;
	struct writ_arena_chunk *chunk;

	if (capacity > CHUNK_MAX)
		capacity = CHUNK_MAX;
	if (capacity < size)
		capacity = size;
	chunk = calloc(1, sizeof(*chunk) + capacity);
	if (!chunk)
		return -ENOMEM;
	chunk->next = arena->chunks;
	*arena = (struct writ_arena){.chunks = chunk, .capacity = capacity};
	return 0;
}

void *writ_arena_alloc(struct writ_arena *arena, size_t size)
{
	char *start;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = ALIGN_UP(size ? size : 1);
	if (arena->capacity - arena->used < size && add_chunk(arena, size))
		return NULL;
	start = arena->chunks->bytes + arena->used;
	arena->used += size;
	return start;
}

void *writ_arena_array(struct writ_arena *arena, size_t n, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(n, size, &total))
		return NULL;
	return writ_arena_alloc(arena, total);
}

char *writ_arena_text(struct writ_arena *arena, const char *bytes, size_t len)
{
	char *text = writ_arena_alloc(arena, len + 1);

	if (text)
		memcpy(text, bytes, len);
	return text;
}

void writ_arena_free(struct writ_arena *arena)
{
	struct writ_arena_chunk *chunk = arena->chunks;

	while (chunk) {
		struct writ_arena_chunk *next = chunk->next;

		free(chunk);
		chunk = next;
	}
	*arena = (struct writ_arena){0};
}

int writ_array_reserve(void *items, size_t *capacity, size_t need, size_t size)
{
	size_t grown = *capacity ? *capacity : 16;
	void *array;

	if (need <= *capacity)
		return 0;
	while (grown < need)
		grown *= 2;
	memcpy(&array, items, sizeof(array));
	array = reallocarray(array, grown, size);
	if (!array)
		return -ENOMEM;
	memcpy(items, &array, sizeof(array));
	*capacity = grown;
	return 0;
}
