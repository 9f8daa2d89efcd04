/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The literal beginnings of rules, and the DFA state behind each: right for every text of which it
 * is the longest beginning stored. One set for paths, one for exec strings; trie.c makes of it what
 * the image holds.
 */
#ifndef WRIT_COMPILE_LITERALS_H
#define WRIT_COMPILE_LITERALS_H

#include "compile/dfa.h"
#include "writ/image.h"

struct writ_literal {
	uint8_t bytes[WRIT_LITERAL_SIZE];
	uint32_t len;
	uint32_t root;	/* NFA: what follows the literal in the rules that begin with it */
	uint32_t state; /* DFA: known after writ_literals_enter() */
};

struct writ_literals {
	struct writ_literal *entries; /* sorted by writ_literals_enter() */
	size_t n_entries;
	size_t capacity;
	uint32_t *table; /* hash table of entry numbers + 1, 0: free */
	size_t table_size;
};

/* The NFA root behind a literal of 1 to WRIT_LITERAL_SIZE bytes, made when it is new. 0, -ENOMEM,
 * -E2BIG. */
int writ_literals_root(struct writ_literals *literals, struct writ_nfa *nfa, const uint8_t *bytes,
		       size_t len, uint32_t rule, uint32_t *ret_root);

/* Sorts the entries and enters the state of each into @dfa. 0, -ENOMEM, -E2BIG. */
int writ_literals_enter(struct writ_literals *literals, struct writ_dfa *dfa);

/* Fit for _cleanup_(writ_literals_free). */
void writ_literals_free(struct writ_literals *literals);

#endif
