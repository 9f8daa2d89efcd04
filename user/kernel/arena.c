/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See arena.h. Parts are kept as an array sorted by offset; what lies between them is free (first
 * fit: images are few and live long). The array is rebuilt from the references after a restart.
 */
#include "kernel/arena.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/addresses.h"
#include "lib/cleanup.h"

struct part {
	uint32_t offset;
	uint32_t size;
};

struct writ_arena {
	struct part *parts;
	size_t count;
	size_t capacity;
};

static int part_insert(struct writ_arena *arena, size_t at, struct part part)
{
	if (arena->count == arena->capacity) {
		size_t capacity = arena->capacity ? 2 * arena->capacity : 64;
		struct part *parts = realloc(arena->parts, capacity * sizeof(*parts));

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

static size_t part_find(const struct writ_arena *arena, uint32_t offset)
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
static int part_allocate(struct writ_arena *arena, uint32_t size, uint32_t *ret_offset)
{
	uint32_t end = WRIT_IMAGE_ALIGN;
	size_t at = 0;
	int err;

	for (; at < arena->count && arena->parts[at].offset - end < size; at++)
		end = arena->parts[at].offset + arena->parts[at].size;
	if (at == arena->count && WRIT_TABLES_SIZE - end < size)
		return -ENOSPC;
	err = part_insert(arena, at, (struct part){end, size});
	if (!err)
		*ret_offset = end;
	return err;
}

static void part_free(struct writ_arena *arena, uint32_t offset)
{
	size_t at = part_find(arena, offset);

	if (at == arena->count || arena->parts[at].offset != offset)
		return;
	memmove(arena->parts + at, arena->parts + at + 1,
		(arena->count - at - 1) * sizeof(*arena->parts));
	arena->count--;
}

static struct writ_image *image_at(const struct writ_kernel *kernel, uint32_t offset)
{
	return (struct writ_image *)(void *)(kernel->tables->bytes + offset);
}

const struct writ_image *writ_arena_image(const struct writ_kernel *kernel, uint32_t id,
					  uint32_t offset)
{
	const struct writ_image *image;

	if (!id || offset % WRIT_IMAGE_ALIGN || offset > WRIT_TABLES_SIZE - sizeof(*image))
		return NULL;
	image = image_at(kernel, offset);
	if (image->magic != WRIT_IMAGE_MAGIC || image->id != id ||
	    image->size > WRIT_TABLES_SIZE - offset)
		return NULL;
	return image;
}

/* Notes the part behind a reference that was found published. */
static int part_adopt(struct writ_kernel *kernel, struct writ_arena *arena, uint64_t ref)
{
	const struct writ_image *image =
		writ_arena_image(kernel, WRIT_REF_ID(ref), WRIT_REF_OFFSET(ref));
	size_t at = part_find(arena, WRIT_REF_OFFSET(ref));

	if (!image || (at < arena->count && arena->parts[at].offset == WRIT_REF_OFFSET(ref)))
		return 0;
	return part_insert(arena, at, (struct part){WRIT_REF_OFFSET(ref), image->size});
}

static int parts_adopt_agent(struct writ_kernel *kernel, struct writ_arena *arena, size_t agent)
{
	const struct writ_grants *grants = &kernel->grants[agent];
	int err = part_adopt(kernel, arena, kernel->agents[agent].role);

	for (uint64_t order = grants->order; order && !err; order >>= 8) {
		uint32_t slot = (uint32_t)(order & 0xff & ~WRIT_ORDER_DENY) - 1;

		if (slot < WRIT_GRANTS_PER_AGENT)
			err = part_adopt(kernel, arena, grants->slots[slot].image);
	}
	return err;
}

int writ_arena_open(struct writ_kernel *kernel, struct writ_arena **ret_arena)
{
	_cleanup_free_ struct writ_arena *arena = calloc(1, sizeof(*arena));
	int err;

	if (!arena)
		return -ENOMEM;
	err = part_adopt(kernel, arena, kernel->node->cgroup_image);
	if (!err)
		err = part_adopt(kernel, arena, kernel->node->protected_image);
	for (size_t i = 0; i < WRIT_AGENTS_MAX && !err; i++)
		err = parts_adopt_agent(kernel, arena, i);
	if (err) {
		free(arena->parts);
		return err;
	}
	*ret_arena = take_ptr(arena);
	return 0;
}

void writ_arena_close(struct writ_arena *arena)
{
	if (!arena)
		return;
	free(arena->parts);
	free(arena);
}

int writ_arena_place(struct writ_kernel *kernel, const void *image, size_t size, uint64_t *ret_ref)
{
	uint32_t offset, id;
	int err;

	if (size > WRIT_IMAGE_SIZE_MAX || size % WRIT_IMAGE_ALIGN ||
	    size < sizeof(struct writ_image))
		return -EINVAL;
	err = part_allocate(kernel->arena, (uint32_t)size, &offset);
	if (err)
		return err;
	memcpy(kernel->tables->bytes + offset, image, size);
	if (memcmp(kernel->tables->bytes + offset, image, size)) {
		part_free(kernel->arena, offset);
		return -EIO;
	}
	id = (uint32_t)++kernel->node->next_image;
	__atomic_store_n(&image_at(kernel, offset)->id, id, __ATOMIC_RELEASE);
	err = writ_addresses_enter(kernel, image_at(kernel, offset), id);
	if (err) {
		__atomic_store_n(&image_at(kernel, offset)->id, 0, __ATOMIC_RELEASE);
		part_free(kernel->arena, offset);
		return err;
	}
	*ret_ref = WRIT_REF(id, offset);
	return 0;
}

int writ_arena_retire(struct writ_kernel *kernel, const uint64_t *refs, size_t n)
{
	struct writ_image *image;
	int err;

	for (size_t i = 0; i < n; i++)
		if (refs[i])
			__atomic_store_n(&image_at(kernel, WRIT_REF_OFFSET(refs[i]))->id, 0,
					 __ATOMIC_RELEASE);
	err = writ_kernel_quiesce();
	if (err)
		return err; /* the parts stay in use: better lost than read while rewritten */
	for (size_t i = 0; i < n; i++) {
		if (!refs[i])
			continue;
		image = image_at(kernel, WRIT_REF_OFFSET(refs[i]));
		/* should anything refer to it still, it says nothing from now on */
		__atomic_store_n(&image->path_entry, WRIT_STATE_DEAD, __ATOMIC_RELEASE);
		__atomic_store_n(&image->exec_entry, WRIT_STATE_DEAD, __ATOMIC_RELEASE);
		writ_addresses_remove(kernel, image, WRIT_REF_ID(refs[i]));
		part_free(kernel->arena, WRIT_REF_OFFSET(refs[i]));
	}
	return 0;
}

uint64_t writ_arena_used(const struct writ_arena *arena)
{
	uint64_t used = 0;

	for (size_t i = 0; i < arena->count; i++)
		used += arena->parts[i].size;
	return used;
}
