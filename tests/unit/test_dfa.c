/* SPDX-License-Identifier: Apache-2.0 */
/* Subset construction: exact sets of rules, entering in mid-text, and its bounds. */
#include "automaton_helper.h"

static void exact_sets(void **state)
{
	static const char *const globs[] = {"a*", "*b", "ab", "a**", "?b"};
	struct automaton automaton;

	(void)state;
	make_nfa(&automaton, globs, 5);
	assert_int_equal(make_dfa(&automaton), 0);
	assert_int_equal(run(&automaton, "a"), 0x9);
	assert_int_equal(run(&automaton, "ab"), 0x1f);
	assert_int_equal(run(&automaton, "xb"), 0x12);
	assert_int_equal(run(&automaton, "a/b"), 0x8);
	assert_int_equal(run(&automaton, "x"), 0);
	assert_int_equal(run(&automaton, ""), 0);
	free_automaton(&automaton);
}

static void enters(void **state)
{
	/* standing behind "ab" of the text is what walking "ab" leads to, plus the new root */
	static const char *const globs[] = {"abc", "a*"};
	struct automaton automaton;
	uint32_t root, state_behind = 0;
	struct writ_dfa *dfa = &automaton.dfa;

	(void)state;
	make_nfa(&automaton, globs, 2);
	assert_int_equal(writ_nfa_root(&automaton.nfa, 7, &root), 0);
	writ_dfa_init(dfa, &automaton.nfa, &automaton.classes, &automaton.accepts);
	assert_int_equal(
		writ_dfa_enter(dfa, WRIT_NFA_NONE, NULL, 0, automaton.root, &automaton.entry), 0);
	assert_int_equal(
		writ_dfa_enter(dfa, automaton.entry, (const uint8_t *)"ab", 2, root, &state_behind),
		0);
	assert_int_equal(writ_dfa_build(dfa), 0);
	automaton.entry = state_behind;
	assert_int_equal(run(&automaton, "c"), 3);
	assert_int_equal(run(&automaton, "x"), 2);
	assert_int_equal(run(&automaton, "/"), 0);
	free_automaton(&automaton);
}

static void bounded(void **state)
{
	static const char *const globs[] = {"**a"
					    "[b-y][b-y][b-y][b-y][b-y][b-y][b-y][b-y]"
					    "[a-z][a-z][a-z][a-z][a-z][a-z][a-z][a-z]"
					    "[a-z][a-z][a-z][a-z][a-z][a-z][a-z][a-z]"};
	static const char *const worse[] = {"**a"
					    "[a-z][a-z][a-z][a-z][a-z][a-z][a-z][a-z]"
					    "[a-z][a-z][a-z][a-z][a-z][a-z][a-z][a-z]"
					    "[a-z][a-z][a-z][a-z][a-z][a-z][a-z][a-z]"};
	struct automaton automaton;

	(void)state;
	make_nfa(&automaton, worse, 1);
	assert_int_equal(make_dfa(&automaton), -E2BIG);
	assert_true(automaton.dfa.members.count <= WRIT_DFA_MEMBERS_MAX);
	assert_true(automaton.dfa.n_edges <= WRIT_DFA_EDGES_MAX);
	free_automaton(&automaton);
	make_nfa(&automaton, globs, 1);
	assert_int_equal(make_dfa(&automaton), 0);
	free_automaton(&automaton);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exact_sets),
		cmocka_unit_test(enters),
		cmocka_unit_test(bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
