/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See arena.h. Parts are kept as an array sorted by offset; what lies between them is free (first
 * fit: images are few and live long). What is in use is never counted: it is what is referred to,
 * found by looking through the agents and their grants, after a restart as at any other time.
 */
#include "kernel/arena.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/addresses.h"
#include "lib/cleanup.h"

struct part {
	uint32_t offset;
	uint32_t size;
	uint32_t checksum; /* of the image, to find its like */
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
static int part_allocate(struct writ_arena *arena, uint32_t size, uint32_t checksum,
			 uint32_t *ret_offset)
{
	uint32_t end = WRIT_IMAGE_ALIGN;
	size_t at = 0;
	int err;

	for (; at < arena->count && arena->parts[at].offset - end < size; at++)
		end = arena->parts[at].offset + arena->parts[at].size;
	if (at == arena->count && WRIT_TABLES_SIZE - end < size)
		return -ENOSPC;
	err = part_insert(arena, at, (struct part){end, size, checksum});
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

/* Calls @visitor for each reference that the hooks can follow; ends with its first error. */
typedef int (*reference_visitor)(void *context, uint64_t ref);

static int each_of_agent(const struct writ_kernel *kernel, size_t agent,
			 reference_visitor visitor, void *context)
{
	const struct writ_grants *grants = &kernel->grants[agent];
	int err = visitor(context, kernel->agents[agent].role);

	for (uint64_t order = grants->order; order && !err; order >>= 8) {
		uint32_t slot = (uint32_t)(order & WRIT_ORDER_SLOT) - 1;

		if (slot < WRIT_GRANTS_PER_AGENT)
			err = visitor(context, grants->slots[slot].image);
	}
	return err;
}

static int each_reference(const struct writ_kernel *kernel, reference_visitor visitor,
			  void *context)
{
	int err = visitor(context, kernel->node->cgroup_image);

	if (!err)
		err = visitor(context, kernel->node->protected_image);
	for (size_t i = 0; i < WRIT_AGENTS_MAX && !err; i++)
		err = each_of_agent(kernel, i, visitor, context);
	return err;
}

struct adoption {
	struct writ_kernel *kernel;
	struct writ_arena *arena;
};

/* Notes the part behind a reference that was found published. */
static int part_adopt(void *context, uint64_t ref)
{
	const struct adoption *adoption = context;
	struct writ_arena *arena = adoption->arena;
	const struct writ_image *image =
		writ_arena_image(adoption->kernel, WRIT_REF_ID(ref), WRIT_REF_OFFSET(ref));
	size_t at = part_find(arena, WRIT_REF_OFFSET(ref));

	if (!image || (at < arena->count && arena->parts[at].offset == WRIT_REF_OFFSET(ref)))
		return 0;
	return part_insert(arena, at,
			   (struct part){WRIT_REF_OFFSET(ref), image->size, image->checksum});
}

int writ_arena_open(struct writ_kernel *kernel, struct writ_arena **ret_arena)
{
	_cleanup_free_ struct writ_arena *arena = calloc(1, sizeof(*arena));
	struct adoption adoption = {kernel, arena};
	int err;

	if (!arena)
		return -ENOMEM;
	err = each_reference(kernel, part_adopt, &adoption);
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

/* A published image with the very bytes of @image but for the id; 0: none. */
static uint64_t find_same(const struct writ_kernel *kernel, const struct writ_image *image)
{
	const size_t from = offsetof(struct writ_image, id) + sizeof(image->id);
	const struct writ_arena *arena = kernel->arena;

	for (size_t i = 0; i < arena->count; i++) {
		const struct part *part = &arena->parts[i];
		const struct writ_image *there;

		if (part->checksum != image->checksum || part->size != image->size)
			continue;
		there = image_at(kernel, part->offset);
		if (there->id && !memcmp((const char *)there + from, (const char *)image + from,
					 image->size - from))
			return WRIT_REF(there->id, part->offset);
	}
	return 0;
}

static int place_new(struct writ_kernel *kernel, const struct writ_image *image,
		     uint64_t *ret_ref)
{
	uint32_t offset, id;
	int err = part_allocate(kernel->arena, image->size, image->checksum, &offset);

	if (err)
		return err;
	memcpy(kernel->tables->bytes + offset, image, image->size);
	if (memcmp(kernel->tables->bytes + offset, image, image->size)) {
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

int writ_arena_place(struct writ_kernel *kernel, const void *image, size_t size, uint64_t *ret_ref)
{
	const struct writ_image *header = image;
	uint64_t same;

	if (size > WRIT_IMAGE_SIZE_MAX || size % WRIT_IMAGE_ALIGN || size < sizeof(*header) ||
	    header->size != size)
		return -EINVAL;
	same = find_same(kernel, header);
	if (!same)
		return place_new(kernel, header, ret_ref);
	*ret_ref = same;
	return 0;
}

/* References that are to go, ascending, each once; `kept`: that are followed still. */
struct retirement {
	uint64_t *refs;
	bool *kept;
	size_t n;
};

static int compare_refs(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

static int keep(void *context, uint64_t ref)
{
	struct retirement *going = context;
	const uint64_t *at = ref ? bsearch(&ref, going->refs, going->n, sizeof(ref), compare_refs)
				 : NULL;

	if (at)
		going->kept[at - going->refs] = true;
	return 0;
}

/* Sorts the references, leaves out 0 and doubles, then those that are followed still. */
static void choose(const struct writ_kernel *kernel, struct retirement *going)
{
	size_t n = 0;

	qsort(going->refs, going->n, sizeof(*going->refs), compare_refs);
	for (size_t i = 0; i < going->n; i++)
		if (going->refs[i] && (!n || going->refs[i] != going->refs[n - 1]))
			going->refs[n++] = going->refs[i];
	going->n = n;
	(void)each_reference(kernel, keep, going);
	n = 0;
	for (size_t i = 0; i < going->n; i++)
		if (!going->kept[i])
			going->refs[n++] = going->refs[i];
	going->n = n;
}

static void give_back(struct writ_kernel *kernel, uint64_t ref)
{
	struct writ_image *image = image_at(kernel, WRIT_REF_OFFSET(ref));

	/* should anything refer to it still, it says nothing from now on */
	__atomic_store_n(&image->path_entry, WRIT_STATE_DEAD, __ATOMIC_RELEASE);
	__atomic_store_n(&image->exec_entry, WRIT_STATE_DEAD, __ATOMIC_RELEASE);
	writ_addresses_remove(kernel, image, WRIT_REF_ID(ref));
	part_free(kernel->arena, WRIT_REF_OFFSET(ref));
}

int writ_arena_retire(struct writ_kernel *kernel, const uint64_t *refs, size_t n)
{
	_cleanup_free_ uint64_t *copy = calloc(n + 1, sizeof(*copy));
	_cleanup_free_ bool *kept = calloc(n + 1, sizeof(*kept));
	struct retirement going = {.refs = copy, .kept = kept, .n = n};
	int err;

	if (!copy || !kept)
		return -ENOMEM;
	memcpy(copy, refs, n * sizeof(*refs));
	choose(kernel, &going);
	if (!going.n)
		return 0;
	for (size_t i = 0; i < going.n; i++)
		__atomic_store_n(&image_at(kernel, WRIT_REF_OFFSET(going.refs[i]))->id, 0,
				 __ATOMIC_RELEASE);
	err = writ_kernel_quiesce();
	if (err)
		return err; /* the parts stay in use: better lost than read while rewritten */
	for (size_t i = 0; i < going.n; i++)
		give_back(kernel, going.refs[i]);
	return 0;
}

uint64_t writ_arena_used(const struct writ_arena *arena)
{
	uint64_t used = 0;

	for (size_t i = 0; i < arena->count; i++)
		used += arena->parts[i].size;
	return used;
}
