/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Literals -> the trie of the image, as include/writ/image.h defines it; but where an image has the
 * state word of a row this has the number of a DFA state + 1, or 0 for the dead row.
 */
#ifndef WRIT_COMPILE_TRIE_H
#define WRIT_COMPILE_TRIE_H

#include "compile/dfa.h"
#include "compile/literals.h"

struct writ_trie {
	struct writ_trie_cell *cells;
	size_t n_cells;
	size_t capacity;
	size_t window; /* where places are looked for */
	size_t end;    /* from here on all cells are free */
	const struct writ_dfa *dfa;
};

/* @dfa is built and must outlive the trie. */
void writ_trie_init(struct writ_trie *trie, const struct writ_dfa *dfa);

/*
 * Adds the literals, sorted and entered; *@ret_entry is where texts of their kind begin: a node, or
 * the dead row when there are none. 0, -ENOMEM; -E2BIG: over what an image can hold.
 */
int writ_trie_add(struct writ_trie *trie, const struct writ_literals *literals,
		  uint32_t *ret_entry);

/* Fit for _cleanup_(writ_trie_free). */
void writ_trie_free(struct writ_trie *trie);

#endif
