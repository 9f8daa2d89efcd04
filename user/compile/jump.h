/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The literal prefixes of path rules, and the DFA state behind each: right for every text of which
 * it is the longest prefix stored.
 */
#ifndef WRIT_COMPILE_JUMP_H
#define WRIT_COMPILE_JUMP_H

#include "compile/dfa.h"
#include "writ/image.h"

struct writ_jump_entry {
	uint8_t bytes[WRIT_PREFIX_SIZE];
	uint32_t len;
	uint32_t root;	/* NFA: what follows the prefix in the rules that have it */
	uint32_t state; /* DFA: known after writ_jump_enter() */
};

struct writ_jump_table {
	struct writ_jump_entry *entries;
	size_t n_entries;
	size_t capacity;
	uint32_t *table; /* hash table of entry numbers + 1, 0: free */
	size_t table_size;
};

/* The NFA root behind a prefix, made when it is new. 0, -ENOMEM, -E2BIG. */
int writ_jump_root(struct writ_jump_table *jump, struct writ_nfa *nfa, const uint8_t *bytes,
		   size_t len, uint32_t rule, uint32_t *ret_root);

/* Sorts the entries and enters the state of each into @dfa. 0, -ENOMEM, -E2BIG. */
int writ_jump_enter(struct writ_jump_table *jump, struct writ_dfa *dfa);

/* Fit for _cleanup_(writ_jump_free). */
void writ_jump_free(struct writ_jump_table *jump);

#endif
