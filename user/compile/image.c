/* SPDX-License-Identifier: Apache-2.0 */
/* See image.h: lays the regions out, then fills each in place. Same parts, same bytes. */
#include "compile/image.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "compile/minimise.h"
#include "compile/ports.h"
#include "compile/trie.h"

void writ_blob_free(struct writ_blob *blob)
{
	free(blob->bytes);
	*blob = (struct writ_blob){0};
}

uint32_t writ_image_checksum(const void *bytes, size_t size)
{
	const size_t id = offsetof(struct writ_image, id);
	const size_t checksum = offsetof(struct writ_image, checksum);
	const uint8_t *at = bytes;
	uint32_t hash = 0x811c9dc5u;

	for (size_t i = 0; i < size; i++) {
		bool zero = (i >= id && i < id + 4) || (i >= checksum && i < checksum + 4);

		hash = (hash ^ (zero ? 0 : at[i])) * 0x01000193u;
	}
	return hash;
}

/* Gives @n elements of @size bytes their place; false when the image is full. */
static bool place(size_t *end, size_t n, size_t size, __u32 *ret_offset, __u32 *ret_n)
{
	if (n > (WRIT_IMAGE_SIZE_MAX - *end) / size)
		return false;
	*ret_offset = (__u32)*end;
	*ret_n = (__u32)n;
	*end = (*end + n * size + 3) & ~(size_t)3;
	return *end <= WRIT_IMAGE_SIZE_MAX;
}

static int lay_out(const struct writ_image_parts *parts, struct writ_image *header)
{
	size_t end = sizeof(*header), row = 4 * (1 + (size_t)parts->classes->count);

	if (!place(&end, parts->trie->n_cells, sizeof(struct writ_trie_cell), &header->trie,
		   &header->n_cells) ||
	    !place(&end, 1 + (size_t)parts->minimal->n_blocks, row, &header->rows,
		   &header->n_rows) ||
	    !place(&end, parts->accepts->n_sets, sizeof(struct writ_accept), &header->accepts,
		   &header->n_accepts) ||
	    !place(&end, parts->accepts->n_rules, sizeof(__u32), &header->accept_rules,
		   &header->n_accept_rules) ||
	    !place(&end, parts->n_rules, sizeof(struct writ_image_rule), &header->rules,
		   &header->n_rules) ||
	    !place(&end, parts->ports->n_entries, sizeof(struct writ_image_address),
		   &header->addresses, &header->n_addresses) ||
	    !place(&end, parts->strings_size, 1, &header->strings, &header->strings_size))
		return -E2BIG;
	end = (end + WRIT_IMAGE_ALIGN - 1) & ~(size_t)(WRIT_IMAGE_ALIGN - 1);
	if (end > WRIT_IMAGE_SIZE_MAX)
		return -E2BIG;
	header->size = (__u32)end;
	header->magic = WRIT_IMAGE_MAGIC;
	header->version = WRIT_IMAGE_VERSION;
	header->n_classes = parts->classes->count;
	memcpy(header->classes, parts->classes->of, sizeof(header->classes));
	return 0;
}

/* Rows with plain row indices first: block b is row b + 1, and row 0 is the dead state. */
static void fill_rows(const struct writ_image_parts *parts, const struct writ_image *header,
		      __u32 *rows)
{
	const struct writ_dfa *dfa = parts->dfa;
	const struct writ_minimal *minimal = parts->minimal;
	size_t width = 1 + (size_t)header->n_classes;

	for (__u32 b = 0; b < minimal->n_blocks; b++)
		rows[(b + 1) * width] = dfa->states[minimal->state[b]].accept;
	for (size_t i = 0; i < dfa->n_edges; i++) {
		const struct writ_dfa_edge *edge = &dfa->edges[i];
		uint32_t block = minimal->block[edge->from];

		if (minimal->state[block] == edge->from)
			rows[(block + 1) * width + 1 + edge->class] = minimal->block[edge->to] + 1;
	}
}

static bool is_final(const __u32 *rows, size_t row, size_t width)
{
	for (size_t i = 1; i < width; i++)
		if (rows[row * width + i] != row)
			return false;
	return true;
}

/* State words instead of row indices. @words has room for n_rows. */
static void encode_rows(const struct writ_image *header, __u32 *rows, __u32 *words)
{
	size_t width = 1 + (size_t)header->n_classes;

	for (size_t row = 0; row < header->n_rows; row++)
		words[row] =
			(__u32)(row * width) | (is_final(rows, row, width) ? WRIT_STATE_FINAL : 0);
	for (size_t row = 0; row < header->n_rows; row++)
		for (size_t i = 1; i < width; i++)
			rows[row * width + i] = words[rows[row * width + i]];
}

uint32_t writ_image_audit(const struct writ_image_rule *rules, const __u32 *list, uint32_t n)
{
	uint32_t allow = 0, deny = 0, allow_loud = 0, deny_loud = 0, required = 0;

	for (uint32_t i = 0; i < n; i++) {
		const struct writ_image_rule *rule = &rules[list[i]];

		allow |= rule->allow;
		deny |= rule->deny;
		if (rule->audit == WRIT_AUDIT_ALL || rule->audit == WRIT_AUDIT_REQUIRED)
			allow_loud |= rule->allow;
		if (rule->audit != WRIT_AUDIT_NONE)
			deny_loud |= rule->deny;
		if (rule->audit == WRIT_AUDIT_REQUIRED)
			required |= rule->allow;
	}
	return (((deny & ~deny_loud) | (allow & ~deny & ~allow_loud)) & WRIT_AUDIT_QUIET) |
	       (required & ~deny) << WRIT_AUDIT_REQUIRED_SHIFT;
}

static void fill_accepts(const struct writ_image_parts *parts, struct writ_image *header)
{
	const struct writ_accepts *accepts = parts->accepts;
	struct writ_accept *out = (void *)((char *)header + header->accepts);

	for (size_t i = 0; i < accepts->n_sets; i++) {
		out[i].first = accepts->sets[i].first;
		out[i].count = accepts->sets[i].count;
		for (__u32 r = 0; r < out[i].count; r++) {
			const struct writ_image_rule *rule =
				&parts->rules[accepts->rules[out[i].first + r]];

			out[i].allow |= rule->allow;
			out[i].deny |= rule->deny;
		}
		out[i].audit =
			writ_image_audit(parts->rules, accepts->rules + out[i].first, out[i].count);
	}
	for (size_t i = 0; i < parts->n_rules; i++)
		if (parts->rules[i].deny)
			header->flags |= WRIT_IMAGE_HAS_DENY;
}

/* What the trie has for a state: a node of its own, or a DFA state's number + 1, or 0. */
static __u32 encode_state(const struct writ_image_parts *parts, const __u32 *words, __u32 state)
{
	if (state & WRIT_STATE_TRIE)
		return state;
	return words[state ? parts->minimal->block[state - 1] + 1 : 0];
}

static void fill_trie(const struct writ_image_parts *parts, struct writ_image *header,
		      const __u32 *words)
{
	struct writ_trie_cell *out = (void *)((char *)header + header->trie);

	for (size_t i = 0; i < parts->trie->n_cells; i++) {
		out[i] = parts->trie->cells[i];
		if (out[i].owner != WRIT_TRIE_FREE)
			out[i].state = encode_state(parts, words, out[i].state);
	}
	header->path_entry = encode_state(parts, words, parts->path_entry);
	header->exec_entry = encode_state(parts, words, parts->exec_entry);
}

static void copy(struct writ_image *header, __u32 offset, const void *items, size_t size)
{
	if (size)
		memcpy((char *)header + offset, items, size);
}

int writ_image_build(const struct writ_image_parts *parts, struct writ_blob *ret_image)
{
	struct writ_image layout = {0}, *header;
	__u32 *words;
	int err = lay_out(parts, &layout);

	if (err)
		return err;
	header = calloc(1, layout.size);
	words = calloc(layout.n_rows, sizeof(*words));
	if (!header || !words) {
		free(header);
		free(words);
		return -ENOMEM;
	}
	*header = layout;
	fill_rows(parts, header, (void *)((char *)header + header->rows));
	encode_rows(header, (void *)((char *)header + header->rows), words);
	fill_accepts(parts, header);
	fill_trie(parts, header, words);
	copy(header, header->accept_rules, parts->accepts->rules,
	     parts->accepts->n_rules * sizeof(__u32));
	copy(header, header->rules, parts->rules, parts->n_rules * sizeof(*parts->rules));
	copy(header, header->addresses, parts->ports->entries,
	     parts->ports->n_entries * sizeof(*parts->ports->entries));
	copy(header, header->strings, parts->strings, parts->strings_size);
	header->capabilities = parts->capabilities;
	header->kernel = parts->kernel;
	header->checksum = writ_image_checksum(header, header->size);
	free(words);
	*ret_image = (struct writ_blob){.bytes = header, .size = layout.size};
	return 0;
}
