/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Token sequences -> one nondeterministic automaton over bytes. A trie: sequences under one root
 * share what they begin with, so ten thousand rules that begin in `**` cost one `**`. Every node
 * can reach an accept, because every sequence ends in one.
 */
#ifndef WRIT_COMPILE_NFA_H
#define WRIT_COMPILE_NFA_H

#include <stddef.h>
#include <stdint.h>

#include "compile/glob.h"

#define WRIT_NFA_NONE UINT32_MAX
#define WRIT_NFA_SETS_MAX 1024u	      /* distinct byte sets of one image */
#define WRIT_NFA_NODES_MAX (1u << 20) /* 32 MiB of nodes and edges */

/* An edge's label: a byte, or 256 + the number of a set. */
#define WRIT_NFA_SET 256u
/* Label flags: takes no byte at all; stands for one whole character, its further bytes included */
#define WRIT_NFA_EMPTY 0x80000000u
#define WRIT_NFA_WHOLE 0x40000000u
#define WRIT_NFA_LABEL 0x0000ffffu

struct writ_nfa_set {
	uint64_t bits[4];
};

struct writ_nfa_node {
	uint32_t edges;	  /* first edge, WRIT_NFA_NONE ends the list */
	uint32_t accepts; /* first accept */
	uint32_t loop;	  /* label of the edge to itself, or WRIT_NFA_NONE */
	uint32_t rule;	  /* who made it: for blame */
};

struct writ_nfa_edge {
	uint32_t label;
	uint32_t target;
	uint32_t next;
};

struct writ_nfa_accept {
	uint32_t rule; /* image rule */
	uint32_t next;
};

struct writ_nfa {
	struct writ_nfa_node *nodes;
	size_t n_nodes;
	size_t nodes_capacity;
	struct writ_nfa_edge *edges;
	size_t n_edges;
	size_t edges_capacity;
	struct writ_nfa_accept *accepts;
	size_t n_accepts;
	size_t accepts_capacity;
	struct writ_nfa_set *sets;
	size_t n_sets;
	size_t sets_capacity;
};

/* What a rule gives where; WRIT_NFA_NONE: nothing. */
struct writ_nfa_rule {
	uint32_t rule; /* image rule of the texts that match */
	uint32_t self; /* of X itself, when the sequence ends in "X/" and then everything */
};

/* A new root, *@ret_root. 0, -ENOMEM, -E2BIG. */
int writ_nfa_root(struct writ_nfa *nfa, uint32_t rule, uint32_t *ret_root);

/*
 * Adds the plain sequence below @root. @classes are the glob's. @exec: the text is an exec string,
 * where `**` stops at NUL. 0, -ENOMEM; -E2BIG: too many nodes or sets.
 */
int writ_nfa_add(struct writ_nfa *nfa, uint32_t root, const struct writ_glob_token *tokens,
		 size_t n_tokens, const struct writ_glob_class *classes, bool exec,
		 struct writ_nfa_rule rule);

static inline bool writ_nfa_has(const struct writ_nfa *nfa, uint32_t label, uint8_t byte)
{
	label &= WRIT_NFA_LABEL;
	if (label < WRIT_NFA_SET)
		return label == byte;
	return nfa->sets[label - WRIT_NFA_SET].bits[byte / 64] >> byte % 64 & 1;
}

/* Fit for _cleanup_(writ_nfa_free). */
void writ_nfa_free(struct writ_nfa *nfa);

#endif
