/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arena of images: who uses which part of the tables map, placing an image with its LPM
 * entries, and taking it back once no program can be reading it.
 */
#ifndef WRIT_KERNEL_ARENA_H
#define WRIT_KERNEL_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/kernel.h"
#include "writ/image.h"

struct writ_arena;

/* Finds from what is published which parts are in use. */
int writ_arena_open(struct writ_kernel *kernel, struct writ_arena **ret_arena);
void writ_arena_close(struct writ_arena *arena);

/*
 * Puts a checked image of @size bytes beside what is published: gives it an id, enters its
 * addresses, reads it back. One with the same bytes that is there already is not placed twice: so a
 * reload needs room for what has changed alone. The caller publishes *@ret_ref by one store, or
 * retires it. -ENOSPC: no part of the arena is large enough; -E2BIG: the map of addresses is
 * full. Nothing stays behind on an error.
 */
int writ_arena_place(struct writ_kernel *kernel, const void *image, size_t size, uint64_t *ret_ref);

/*
 * The same for a slot of a grant, which refers to *@ret_ref from now on. Slots are counted, so that
 * the end of a grant need not look through all others.
 */
int writ_arena_hold(struct writ_kernel *kernel, const void *image, size_t size, uint64_t *ret_ref);

/*
 * A slot that held @ref (0: none) is empty, and no program reads it any more. If it was the last,
 * and no policy placed the same bytes, the image goes.
 */
void writ_arena_let_go(struct writ_kernel *kernel, uint64_t ref);

/*
 * Takes back those of the images that no agent, no grant and not the node refers to any more: voids
 * their ids, lets readers finish once for all of them, removes their entries, frees their parts.
 * References may be 0 or stand there twice. Call it after the stores that took them out of use.
 */
int writ_arena_retire(struct writ_kernel *kernel, const uint64_t *refs, size_t n);

/* The image of a reference, NULL if it is not (any more) there. */
const struct writ_image *writ_arena_image(const struct writ_kernel *kernel, uint32_t id,
					  uint32_t offset);

uint64_t writ_arena_used(const struct writ_arena *arena);

#endif
