/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See literals.h. In sorted order the shorter beginnings of an entry are a stack below it. The set
 * behind an entry is the set behind the one below, advanced over the bytes between, and the entry's
 * own root: one below holds all that is further below, so each entry costs only its own last bytes.
 */
#include "compile/literals.h"

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

static int grow_table(struct writ_literals *literals)
{
	size_t size = literals->table_size ? literals->table_size * 2 : TABLE_MIN;
	uint32_t *table;

	if (literals->n_entries * 2 < literals->table_size)
		return 0;
	table = calloc(size, sizeof(*table));
	if (!table)
		return -ENOMEM;
	for (size_t i = 0; i < literals->n_entries; i++) {
		size_t slot =
			hash(literals->entries[i].bytes, literals->entries[i].len) & (size - 1);

		while (table[slot])
			slot = (slot + 1) & (size - 1);
		table[slot] = (uint32_t)i + 1;
	}
	free(literals->table);
	literals->table = table;
	literals->table_size = size;
	return 0;
}

static bool same(const struct writ_literal *entry, const uint8_t *bytes, size_t len)
{
	return entry->len == len && !memcmp(entry->bytes, bytes, len);
}

static int add_entry(struct writ_literals *literals, struct writ_nfa *nfa, const uint8_t *bytes,
		     size_t len, uint32_t rule)
{
	struct writ_literal entry = {.len = (uint32_t)len};
	int err;

	if (literals->n_entries == WRIT_LITERALS_MAX)
		return -E2BIG;
	err = writ_nfa_root(nfa, rule, &entry.root);
	if (err)
		return err;
	if (writ_array_reserve(&literals->entries, &literals->capacity, literals->n_entries + 1,
			       sizeof(entry)))
		return -ENOMEM;
	memcpy(entry.bytes, bytes, len);
	literals->entries[literals->n_entries++] = entry;
	return 0;
}

int writ_literals_root(struct writ_literals *literals, struct writ_nfa *nfa, const uint8_t *bytes,
		       size_t len, uint32_t rule, uint32_t *ret_root)
{
	size_t slot;
	int err = grow_table(literals);

	if (err)
		return err;
	slot = hash(bytes, len) & (literals->table_size - 1);
	while (literals->table[slot] &&
	       !same(&literals->entries[literals->table[slot] - 1], bytes, len))
		slot = (slot + 1) & (literals->table_size - 1);
	if (!literals->table[slot]) {
		err = add_entry(literals, nfa, bytes, len, rule);
		if (err)
			return err;
		literals->table[slot] = (uint32_t)literals->n_entries;
	}
	*ret_root = literals->entries[literals->table[slot] - 1].root;
	return 0;
}

static int compare(const void *left, const void *right)
{
	const struct writ_literal *a = left, *b = right;
	int order = memcmp(a->bytes, b->bytes, a->len < b->len ? a->len : b->len);

	return order ? order : a->len < b->len ? -1 : a->len > b->len;
}

static bool begins_with(const struct writ_literal *entry, const struct writ_literal *below)
{
	return below->len < entry->len && !memcmp(below->bytes, entry->bytes, below->len);
}

int writ_literals_enter(struct writ_literals *literals, struct writ_dfa *dfa)
{
	size_t stack[WRIT_LITERAL_SIZE], depth = 0;
	int err = 0;

	/* sorting moves the entries: the hash table is of no use any more */
	free(take_ptr(literals->table));
	literals->table_size = 0;
	if (literals->n_entries)
		qsort(literals->entries, literals->n_entries, sizeof(*literals->entries), compare);
	for (size_t i = 0; i < literals->n_entries && !err; i++) {
		struct writ_literal *entry = &literals->entries[i];
		const struct writ_literal *below;

		while (depth && !begins_with(entry, &literals->entries[stack[depth - 1]]))
			depth--;
		below = depth ? &literals->entries[stack[depth - 1]] : NULL;
		err = writ_dfa_enter(dfa, below ? below->state : WRIT_NFA_NONE,
				     entry->bytes + (below ? below->len : 0),
				     below ? entry->len - below->len : 0, entry->root,
				     &entry->state);
		stack[depth++] = i;
	}
	return err;
}

void writ_literals_free(struct writ_literals *literals)
{
	free(literals->entries);
	free(literals->table);
	*literals = (struct writ_literals){0};
}
