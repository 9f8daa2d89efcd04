/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See jump.h. In sorted order the shorter prefixes of an entry are a stack below it. The set behind
 * an entry is the set behind the one below, advanced over the bytes between, and the entry's own
 * root: one below holds all that is further below, so each entry costs only its own last bytes.
 */
#include "compile/jump.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile/arena.h"
#include "lib/cleanup.h"

#define TABLE_MIN 64u

static size_t hash(const uint8_t *bytes, size_t len)
{
	uint64_t value = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		value = (value ^ bytes[i]) * 0x100000001b3u;
	return (size_t)(value ^ value >> 29);
}

static int grow_table(struct writ_jump_table *jump)
{
	size_t size = jump->table_size ? jump->table_size * 2 : TABLE_MIN;
	uint32_t *table;

	if (jump->n_entries * 2 < jump->table_size)
		return 0;
	table = calloc(size, sizeof(*table));
	if (!table)
		return -ENOMEM;
	for (size_t i = 0; i < jump->n_entries; i++) {
		size_t slot = hash(jump->entries[i].bytes, jump->entries[i].len) & (size - 1);

		while (table[slot])
			slot = (slot + 1) & (size - 1);
		table[slot] = (uint32_t)i + 1;
	}
	free(jump->table);
	jump->table = table;
	jump->table_size = size;
	return 0;
}

static bool same(const struct writ_jump_entry *entry, const uint8_t *bytes, size_t len)
{
	return entry->len == len && !memcmp(entry->bytes, bytes, len);
}

static int add_entry(struct writ_jump_table *jump, struct writ_nfa *nfa, const uint8_t *bytes,
		     size_t len, uint32_t rule)
{
	struct writ_jump_entry entry = {.len = (uint32_t)len};
	int err;

	if (jump->n_entries == WRIT_PREFIXES_MAX)
		return -E2BIG;
	err = writ_nfa_root(nfa, rule, &entry.root);
	if (err)
		return err;
	if (writ_array_reserve(&jump->entries, &jump->capacity, jump->n_entries + 1, sizeof(entry)))
		return -ENOMEM;
	memcpy(entry.bytes, bytes, len);
	jump->entries[jump->n_entries++] = entry;
	return 0;
}

int writ_jump_root(struct writ_jump_table *jump, struct writ_nfa *nfa, const uint8_t *bytes,
		   size_t len, uint32_t rule, uint32_t *ret_root)
{
	size_t slot;
	int err = grow_table(jump);

	if (err)
		return err;
	slot = hash(bytes, len) & (jump->table_size - 1);
	while (jump->table[slot] && !same(&jump->entries[jump->table[slot] - 1], bytes, len))
		slot = (slot + 1) & (jump->table_size - 1);
	if (!jump->table[slot]) {
		err = add_entry(jump, nfa, bytes, len, rule);
		if (err)
			return err;
		jump->table[slot] = (uint32_t)jump->n_entries;
	}
	*ret_root = jump->entries[jump->table[slot] - 1].root;
	return 0;
}

static int compare(const void *left, const void *right)
{
	const struct writ_jump_entry *a = left, *b = right;
	int order = memcmp(a->bytes, b->bytes, a->len < b->len ? a->len : b->len);

	return order ? order : a->len < b->len ? -1 : a->len > b->len;
}

static bool begins_with(const struct writ_jump_entry *entry, const struct writ_jump_entry *below)
{
	return below->len < entry->len && !memcmp(below->bytes, entry->bytes, below->len);
}

int writ_jump_enter(struct writ_jump_table *jump, struct writ_dfa *dfa)
{
	size_t stack[WRIT_PREFIX_SIZE], depth = 0;
	int err = 0;

	/* sorting moves the entries: the hash table is of no use any more */
	free(take_ptr(jump->table));
	jump->table_size = 0;
	if (jump->n_entries)
		qsort(jump->entries, jump->n_entries, sizeof(*jump->entries), compare);
	for (size_t i = 0; i < jump->n_entries && !err; i++) {
		struct writ_jump_entry *entry = &jump->entries[i];
		const struct writ_jump_entry *below;

		while (depth && !begins_with(entry, &jump->entries[stack[depth - 1]]))
			depth--;
		below = depth ? &jump->entries[stack[depth - 1]] : NULL;
		err = writ_dfa_enter(dfa, below ? below->state : WRIT_NFA_NONE,
				     entry->bytes + (below ? below->len : 0),
				     below ? entry->len - below->len : 0, entry->root,
				     &entry->state);
		stack[depth++] = i;
	}
	return err;
}

void writ_jump_free(struct writ_jump_table *jump)
{
	free(jump->entries);
	free(jump->table);
	*jump = (struct writ_jump_table){0};
}
