/* SPDX-License-Identifier: Apache-2.0 */
/* Minimisation against the naive one: refine by whole signatures until nothing changes. */
#include "automaton_helper.h"

#include "compile/minimise.h"

static uint64_t seed = 7;

static uint32_t random_below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 11) % n;
}

static uint32_t next_block(const struct writ_dfa *dfa, const uint32_t *block, uint32_t state,
			   uint32_t class)
{
	for (size_t i = 0; i < dfa->n_edges; i++)
		if (dfa->edges[i].from == state && dfa->edges[i].class == class)
			return block[dfa->edges[i].to];
	return WRIT_NFA_NONE;
}

static bool alike(const struct writ_dfa *dfa, const uint32_t *block, uint32_t a, uint32_t b)
{
	if (block[a] != block[b])
		return false;
	for (uint32_t class = 0; class < dfa->classes->count; class ++)
		if (next_block(dfa, block, a, class) != next_block(dfa, block, b, class))
			return false;
	return true;
}

static uint32_t naive(const struct writ_dfa *dfa)
{
	uint32_t *block = calloc(dfa->n_states, sizeof(*block));
	uint32_t *next = calloc(dfa->n_states, sizeof(*next)), n = 0, before;

	for (size_t i = 0; i < dfa->n_states; i++)
		block[i] = dfa->states[i].accept;
	do {
		before = n;
		n = 0;
		for (uint32_t i = 0; i < dfa->n_states; i++) {
			uint32_t same = 0;

			while (same < i && !alike(dfa, block, same, i))
				same++;
			next[i] = same < i ? next[same] : n++;
		}
		memcpy(block, next, dfa->n_states * sizeof(*block));
	} while (n != before);
	free(block);
	free(next);
	return n;
}

static void random_sets(void **state)
{
	static const char *const pieces[] = {"a", "b", "/", "*", "**", "?", "[ab]", "{a,b}", "ab"};
	char texts[4][64];
	const char *globs[4];

	(void)state;
	for (int round = 0; round < 150; round++) {
		struct writ_minimal minimal = {0};
		struct automaton automaton;
		uint32_t n = 1 + random_below(4);

		for (uint32_t i = 0; i < n; i++) {
			texts[i][0] = '\0';
			globs[i] = texts[i];
			for (uint32_t p = 1 + random_below(4); p; p--)
				strcat(texts[i], pieces[random_below(9)]);
		}
		make_nfa(&automaton, globs, n);
		assert_int_equal(make_dfa(&automaton), 0);
		assert_int_equal(writ_minimise_dfa(&automaton.dfa, &minimal), 0);
		assert_int_equal(minimal.n_blocks, naive(&automaton.dfa));
		writ_minimal_free(&minimal);
		free_automaton(&automaton);
	}
}

static void known(void **state)
{
	/* a?b and a[ab]b as one rule: the second path adds no state */
	static const char *const globs[] = {"{x,y,z}{a,b}c"};
	struct writ_minimal minimal = {0};
	struct automaton automaton;

	(void)state;
	make_nfa(&automaton, globs, 1);
	assert_int_equal(make_dfa(&automaton), 0);
	assert_true(automaton.dfa.n_states > 4);
	assert_int_equal(writ_minimise_dfa(&automaton.dfa, &minimal), 0);
	assert_int_equal(minimal.n_blocks, 4);
	assert_int_equal(minimal.block[automaton.entry], 0);
	writ_minimal_free(&minimal);
	free_automaton(&automaton);
}

static void nothing(void **state)
{
	struct writ_minimal minimal = {0};
	struct writ_dfa dfa = {0};

	(void)state;
	assert_int_equal(writ_minimise_dfa(&dfa, &minimal), 0);
	assert_int_equal(minimal.n_blocks, 0);
	writ_minimal_free(&minimal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_sets),
		cmocka_unit_test(known),
		cmocka_unit_test(nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
