/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the automata share: globs under one NFA root, as exec strings are. */
#ifndef WRIT_TESTS_AUTOMATON_HELPER_H
#define WRIT_TESTS_AUTOMATON_HELPER_H

#include "policy_helper.h"

#include "compile/alternatives.h"
#include "compile/dfa.h"

struct automaton {
	struct writ_nfa nfa;
	struct writ_classes classes;
	struct writ_accepts accepts;
	struct writ_dfa dfa;
	uint32_t root;
	uint32_t entry; /* DFA state */
};

static void add_glob(struct automaton *automaton, const char *text, uint32_t rule)
{
	const struct writ_nfa_rule given = {rule, WRIT_NFA_NONE};
	struct writ_alternatives texts;
	struct writ_glob glob = {0};
	char why[WRIT_GLOB_ERROR_SIZE];

	assert_int_equal(writ_glob_parse(&glob, text, NULL, why), 0);
	assert_int_equal(writ_alternatives_init(&texts, &glob), 0);
	while (writ_alternatives_next(&texts) > 0)
		assert_int_equal(writ_nfa_add(&automaton->nfa, automaton->root, texts.tokens,
					      texts.n_tokens, glob.classes, true, given),
				 0);
	writ_alternatives_free(&texts);
	writ_glob_free(&glob);
}

/* Glob i is rule i. */
static void make_nfa(struct automaton *automaton, const char *const *globs, uint32_t n)
{
	memset(automaton, 0, sizeof(*automaton));
	assert_int_equal(writ_nfa_root(&automaton->nfa, 0, &automaton->root), 0);
	for (uint32_t i = 0; i < n; i++)
		add_glob(automaton, globs[i], i);
	writ_classes_build(&automaton->nfa, &automaton->classes);
	assert_int_equal(writ_accepts_init(&automaton->accepts), 0);
}

static int __attribute__((unused)) make_dfa(struct automaton *automaton)
{
	int err;

	writ_dfa_init(&automaton->dfa, &automaton->nfa, &automaton->classes, &automaton->accepts);
	err = writ_dfa_enter(&automaton->dfa, WRIT_NFA_NONE, NULL, 0, automaton->root,
			     &automaton->entry);
	return err ? err : writ_dfa_build(&automaton->dfa);
}

/* The accept set of @text, as a mask of rules. */
static uint32_t __attribute__((unused)) run(const struct automaton *automaton, const char *text)
{
	const struct writ_dfa *dfa = &automaton->dfa;
	uint32_t state = automaton->entry, mask = 0;
	const struct writ_accepts_set *set;

	for (; *text; text++) {
		uint32_t class = automaton->classes.of[(uint8_t)*text], next = WRIT_NFA_NONE;

		for (size_t i = 0; i < dfa->n_edges; i++)
			if (dfa->edges[i].from == state && dfa->edges[i].class == class)
				next = dfa->edges[i].to;
		if (next == WRIT_NFA_NONE)
			return 0;
		state = next;
	}
	set = &automaton->accepts.sets[dfa->states[state].accept];
	for (uint32_t i = 0; i < set->count; i++)
		mask |= 1u << automaton->accepts.rules[set->first + i];
	return mask;
}

static void free_automaton(struct automaton *automaton)
{
	writ_dfa_free(&automaton->dfa);
	writ_accepts_free(&automaton->accepts);
	writ_nfa_free(&automaton->nfa);
}

#endif
