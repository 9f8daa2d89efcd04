/* SPDX-License-Identifier: Apache-2.0 */
/* See accepts.h. */
#include "compile/accepts.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "compile/arena.h"

#define TABLE_MIN 64u

int writ_accepts_init(struct writ_accepts *accepts)
{
	uint32_t set;

	*accepts = (struct writ_accepts){0};
	return writ_accepts_intern(accepts, NULL, 0, &set);
}

void writ_accepts_free(struct writ_accepts *accepts)
{
	free(accepts->rules);
	free(accepts->sets);
	free(accepts->table);
	*accepts = (struct writ_accepts){0};
}

uint32_t writ_accepts_hash(const uint32_t *words, size_t n)
{
	uint64_t hash = 0x9e3779b97f4a7c15u ^ n;

	for (size_t i = 0; i < n; i++) {
		hash = (hash ^ words[i]) * 0xff51afd7ed558ccdu;
		hash ^= hash >> 32;
	}
	return (uint32_t)hash;
}

static int compare(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return a < b ? -1 : a > b;
}

size_t writ_accepts_sort(uint32_t *words, size_t n)
{
	size_t kept = 0;

	if (n > 16) {
		qsort(words, n, sizeof(*words), compare);
	} else {
		for (size_t i = 1; i < n; i++) {
			uint32_t word = words[i];
			size_t at = i;

			for (; at && words[at - 1] > word; at--)
				words[at] = words[at - 1];
			words[at] = word;
		}
	}
	for (size_t i = 0; i < n; i++)
		if (!kept || words[kept - 1] != words[i])
			words[kept++] = words[i];
	return kept;
}

static bool same(const struct writ_accepts *accepts, uint32_t set, const uint32_t *rules, size_t n)
{
	const struct writ_accepts_set *old = &accepts->sets[set];

	return old->count == n &&
	       (!n || !memcmp(accepts->rules + old->first, rules, n * sizeof(*rules)));
}

static int grow_table(struct writ_accepts *accepts)
{
	size_t size = accepts->table_size ? accepts->table_size * 2 : TABLE_MIN;
	uint32_t *table;

	if (accepts->n_sets * 2 < accepts->table_size)
		return 0;
	table = calloc(size, sizeof(*table));
	if (!table)
		return -ENOMEM;
	for (size_t i = 0; i < accepts->n_sets; i++) {
		size_t slot = writ_accepts_hash(accepts->rules + accepts->sets[i].first,
						accepts->sets[i].count) &
			      (size - 1);

		while (table[slot])
			slot = (slot + 1) & (size - 1);
		table[slot] = (uint32_t)i + 1;
	}
	free(accepts->table);
	accepts->table = table;
	accepts->table_size = size;
	return 0;
}

static int add_set(struct writ_accepts *accepts, const uint32_t *rules, size_t n)
{
	if (accepts->n_rules + n > WRIT_ACCEPTS_RULES_MAX)
		return -E2BIG;
	if (writ_array_reserve(&accepts->sets, &accepts->sets_capacity, accepts->n_sets + 1,
			       sizeof(*accepts->sets)) ||
	    writ_array_reserve(&accepts->rules, &accepts->rules_capacity, accepts->n_rules + n + 1,
			       sizeof(*rules)))
		return -ENOMEM;
	if (n)
		memcpy(accepts->rules + accepts->n_rules, rules, n * sizeof(*rules));
	accepts->sets[accepts->n_sets++] = (struct writ_accepts_set){
		.first = (uint32_t)accepts->n_rules, .count = (uint32_t)n};
	accepts->n_rules += n;
	return 0;
}

int writ_accepts_intern(struct writ_accepts *accepts, uint32_t *rules, size_t n, uint32_t *ret_set)
{
	size_t slot;
	int err = grow_table(accepts);

	if (err)
		return err;
	n = writ_accepts_sort(rules, n);
	slot = writ_accepts_hash(rules, n) & (accepts->table_size - 1);
	while (accepts->table[slot] && !same(accepts, accepts->table[slot] - 1, rules, n))
		slot = (slot + 1) & (accepts->table_size - 1);
	if (!accepts->table[slot]) {
		err = add_set(accepts, rules, n);
		if (err)
			return err;
		accepts->table[slot] = (uint32_t)accepts->n_sets;
	}
	*ret_set = accepts->table[slot] - 1;
	return 0;
}
