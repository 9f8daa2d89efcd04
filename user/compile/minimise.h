/* SPDX-License-Identifier: Apache-2.0 */
/* DFA -> blocks of states that no text can tell apart: the rows of the image. */
#ifndef WRIT_COMPILE_MINIMISE_H
#define WRIT_COMPILE_MINIMISE_H

#include "compile/dfa.h"

struct writ_minimal {
	uint32_t *block; /* state -> block */
	uint32_t *state; /* block -> its first state */
	uint32_t n_blocks;
};

/*
 * Two states share a block when they accept the same set of rules, and lead to the same blocks.
 * Blocks are numbered in the order of their first states. 0 or -ENOMEM.
 */
int writ_minimise_dfa(const struct writ_dfa *dfa, struct writ_minimal *ret_minimal);

/* Fit for _cleanup_(writ_minimal_free). */
void writ_minimal_free(struct writ_minimal *minimal);

#endif
