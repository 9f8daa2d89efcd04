/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets of image rules, each stored once: what a DFA state or a port range gives is the number of
 * its set, so that `why` names exactly the rules that match. Number 0 is the empty set.
 */
#ifndef WRIT_COMPILE_ACCEPTS_H
#define WRIT_COMPILE_ACCEPTS_H

#include <stddef.h>
#include <stdint.h>

#define WRIT_ACCEPTS_RULES_MAX (2u << 20) /* sum of all sets: 8 MiB, half of the largest image */

struct writ_accepts_set {
	uint32_t first; /* in rules */
	uint32_t count;
};

struct writ_accepts {
	uint32_t *rules;
	size_t n_rules;
	size_t rules_capacity;
	struct writ_accepts_set *sets;
	size_t n_sets;
	size_t sets_capacity;
	uint32_t *table; /* hash table of set numbers + 1, 0: free */
	size_t table_size;
};

/* 0 or -ENOMEM. */
int writ_accepts_init(struct writ_accepts *accepts);

/* Sorts @rules in place, drops repetitions; *@ret_set is the set's number. 0, -ENOMEM, -E2BIG. */
int writ_accepts_intern(struct writ_accepts *accepts, uint32_t *rules, size_t n, uint32_t *ret_set);

/* Fit for _cleanup_(writ_accepts_free). */
void writ_accepts_free(struct writ_accepts *accepts);

/* For all hash tables of numbers here: a mix of @n words. */
uint32_t writ_accepts_hash(const uint32_t *words, size_t n);

/* Sorts ascending and drops repetitions; returns how many are left. */
size_t writ_accepts_sort(uint32_t *words, size_t n);

#endif
