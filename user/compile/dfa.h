/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Subset construction: NFA -> DFA in which a state is a set of NFA nodes and its accept is the set
 * of rules that these accept. Transitions into the dead state are not stored. Bounded in states,
 * transitions, memory and work, so that no rule set can make it run away.
 */
#ifndef WRIT_COMPILE_DFA_H
#define WRIT_COMPILE_DFA_H

#include "compile/accepts.h"
#include "compile/classes.h"
#include "compile/nfa.h"

#define WRIT_DFA_MEMBERS_MAX (4u << 20) /* nodes in all state sets: 16 MiB */
#define WRIT_DFA_EDGES_MAX (2u << 20)	/* transitions: 24 MiB, and 72 while they are minimised */
#define WRIT_DFA_WORK_MAX (100u << 20)	/* edges looked at: about a second */

struct writ_dfa_state {
	uint32_t first; /* in members */
	uint32_t count;
	uint32_t accept; /* number of a set in accepts */
};

struct writ_dfa_edge {
	uint32_t from;
	uint32_t class;
	uint32_t to;
};

struct writ_dfa_list {
	uint32_t *items;
	size_t count;
	size_t capacity;
};

struct writ_dfa {
	const struct writ_nfa *nfa;
	const struct writ_classes *classes;
	struct writ_accepts *accepts;
	struct writ_dfa_state *states;
	size_t n_states;
	size_t states_capacity;
	struct writ_dfa_list members;
	struct writ_dfa_edge *edges; /* by `from`, ascending */
	size_t n_edges;
	size_t edges_capacity;
	uint32_t *table; /* hash table of state numbers + 1, 0: free */
	size_t table_size;
	size_t states_max;
	uint64_t work;
	struct writ_dfa_list buckets[256]; /* scratch: the next set for each class */
	struct writ_dfa_list scratch[2];
	struct writ_dfa_list rules; /* scratch: of one accept */
};

/* All three must outlive the DFA; @nfa and @classes must not change any more. */
void writ_dfa_init(struct writ_dfa *dfa, const struct writ_nfa *nfa,
		   const struct writ_classes *classes, struct writ_accepts *accepts);

/*
 * The state of a text that has come to @from (WRIT_NFA_NONE: nowhere), read @len bytes more, and
 * stands at the NFA node @root as well. 0, -ENOMEM; -E2BIG: over a bound.
 */
int writ_dfa_enter(struct writ_dfa *dfa, uint32_t from, const uint8_t *bytes, size_t len,
		   uint32_t root, uint32_t *ret_state);

/* Adds every state and transition that can be reached from those that were entered. */
int writ_dfa_build(struct writ_dfa *dfa);

/* Fit for _cleanup_(writ_dfa_free). */
void writ_dfa_free(struct writ_dfa *dfa);

#endif
