/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See arena.h. What a policy uses is never counted: it is what is referred to, found by looking
 * through the agents and their grants, after a restart as at any other time. Slots of grants are
 * counted, for they come and go a thousand times a second.
 */
#include "kernel/arena.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/addresses.h"
#include "kernel/parts.h"
#include "lib/cleanup.h"

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

/*
 * Calls @visitor for each reference that the hooks can follow, or could when a slot left its order
 * (reclaim.h); ends with its first error.
 */
typedef int (*reference_visitor)(void *context, uint64_t ref);

static int each_of_agent(const struct writ_kernel *kernel, size_t agent,
			 reference_visitor visitor, void *context)
{
	const struct writ_grants *grants = &kernel->grants[agent];
	int err = visitor(context, kernel->agents[agent].role);

	for (uint32_t slot = 0; slot < WRIT_GRANTS_PER_AGENT && !err; slot++)
		if (grants->slots[slot].image)
			err = visitor(context, grants->slots[slot].image);
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

/* Notes the part behind a reference that was found published; the order is made later. */
static int part_adopt(void *context, uint64_t ref)
{
	const struct adoption *adoption = context;
	struct writ_arena *arena = adoption->arena;
	const struct writ_image *image =
		writ_arena_image(adoption->kernel, WRIT_REF_ID(ref), WRIT_REF_OFFSET(ref));

	if (!image)
		return 0;
	return writ_parts_add(arena, arena->count,
			   (struct writ_part){.offset = WRIT_REF_OFFSET(ref),
					 .size = image->size,
					 .checksum = image->checksum});
}

static void note_policy(const struct writ_arena *arena, uint64_t ref)
{
	struct writ_part *part = writ_parts_of(arena, ref);

	if (part)
		part->policy = true;
}

/* Who refers to each part. */
static void count_references(const struct writ_kernel *kernel, struct writ_arena *arena)
{
	note_policy(arena, kernel->node->cgroup_image);
	note_policy(arena, kernel->node->protected_image);
	for (size_t i = 0; i < WRIT_AGENTS_MAX; i++)
		note_policy(arena, kernel->agents[i].role);
	for (size_t i = 0; i < WRIT_AGENTS_MAX; i++)
		for (uint32_t slot = 0; slot < WRIT_GRANTS_PER_AGENT; slot++) {
			uint64_t ref = kernel->grants[i].slots[slot].image;
			struct writ_part *part = writ_parts_of(arena, ref);

			if (part)
				part->held++;
		}
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
	writ_parts_sort(arena);
	count_references(kernel, arena);
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
		const struct writ_part *part = &arena->parts[i];
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
	int err = writ_parts_allocate(kernel->arena, image->size, image->checksum, &offset);

	if (err)
		return err;
	memcpy(kernel->tables->bytes + offset, image, image->size);
	if (memcmp(kernel->tables->bytes + offset, image, image->size)) {
		writ_parts_free(kernel->arena, offset);
		return -EIO;
	}
	id = (uint32_t)++kernel->node->next_image;
	__atomic_store_n(&image_at(kernel, offset)->id, id, __ATOMIC_RELEASE);
	err = writ_addresses_enter(kernel, image_at(kernel, offset), id);
	if (err) {
		__atomic_store_n(&image_at(kernel, offset)->id, 0, __ATOMIC_RELEASE);
		writ_parts_free(kernel->arena, offset);
		return err;
	}
	*ret_ref = WRIT_REF(id, offset);
	return 0;
}

static int place(struct writ_kernel *kernel, const void *image, size_t size, uint64_t *ret_ref)
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

int writ_arena_place(struct writ_kernel *kernel, const void *image, size_t size, uint64_t *ret_ref)
{
	int err = place(kernel, image, size, ret_ref);
	struct writ_part *part = err ? NULL : writ_parts_of(kernel->arena, *ret_ref);

	if (part)
		part->policy = true;
	return err;
}

int writ_arena_hold(struct writ_kernel *kernel, const void *image, size_t size, uint64_t *ret_ref)
{
	int err = place(kernel, image, size, ret_ref);
	struct writ_part *part = err ? NULL : writ_parts_of(kernel->arena, *ret_ref);

	if (part)
		part->held++;
	return err;
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
	writ_parts_free(kernel->arena, WRIT_REF_OFFSET(ref));
}

static void void_id(const struct writ_kernel *kernel, uint64_t ref)
{
	__atomic_store_n(&image_at(kernel, WRIT_REF_OFFSET(ref))->id, 0, __ATOMIC_RELEASE);
}

/* A program that sleeps looks at the id again: it is void before the part can be another's. */
void writ_arena_let_go(struct writ_kernel *kernel, uint64_t ref)
{
	struct writ_part *part = writ_parts_of(kernel->arena, ref);
	bool kept = false;
	struct retirement going = {.refs = &ref, .kept = &kept, .n = 1};

	if (!part || (part->held && --part->held))
		return;
	if (part->policy) /* perhaps: looked for, which is rare */
		(void)each_reference(kernel, keep, &going);
	if (kept)
		return;
	void_id(kernel, ref);
	give_back(kernel, ref);
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
		void_id(kernel, going.refs[i]);
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
