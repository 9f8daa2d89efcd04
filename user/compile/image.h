/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiled parts -> one rule image in the format of include/writ/image.h, as an owned block of
 * bytes. `id` is 0: publication gives it.
 */
#ifndef WRIT_COMPILE_IMAGE_H
#define WRIT_COMPILE_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "writ/image.h"

struct writ_blob {
	void *bytes; /* starts with struct writ_image; from malloc */
	size_t size;
};

/* Leaves an empty blob. Fit for _cleanup_(writ_blob_free). */
void writ_blob_free(struct writ_blob *blob);

/* The checksum of struct writ_image: FNV-1a over @size bytes with id and checksum taken as 0. */
uint32_t writ_image_checksum(const void *bytes, size_t size);

/* The audit word of an accept entry with these @n rules (indices at @list). */
uint32_t writ_image_audit(const struct writ_image_rule *rules, const __u32 *list, uint32_t n);

struct writ_accepts;
struct writ_classes;
struct writ_dfa;
struct writ_minimal;
struct writ_ports_table;
struct writ_trie;

struct writ_image_parts {
	const struct writ_accepts *accepts;
	const struct writ_classes *classes;
	const struct writ_dfa *dfa;
	const struct writ_minimal *minimal;
	const struct writ_trie *trie;
	const struct writ_ports_table *ports;
	const struct writ_image_rule *rules;
	size_t n_rules;
	const char *strings;
	size_t strings_size;
	uint64_t capabilities;
	uint32_t kernel;
	uint32_t path_entry; /* as writ_trie_add() gave them */
	uint32_t exec_entry;
};

/* 0, -ENOMEM; -E2BIG: over WRIT_IMAGE_SIZE_MAX. */
int writ_image_build(const struct writ_image_parts *parts, struct writ_blob *ret_image);

#endif
