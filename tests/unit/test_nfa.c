/* SPDX-License-Identifier: Apache-2.0 */
/* The NFA is a trie: what rules share is there once; and it is bounded. */
#include "automaton_helper.h"

static size_t count_nodes(const char *const *globs, uint32_t n)
{
	struct automaton automaton;
	size_t nodes;

	make_nfa(&automaton, globs, n);
	nodes = automaton.nfa.n_nodes;
	free_automaton(&automaton);
	return nodes;
}

static void shares(void **state)
{
	static const char *const one[] = {"/a**/x"}, *const two[] = {"/a**/x", "/a**/y"};
	static const char *const same[] = {"/a?[b-d]*", "/a?[b-d]*", "/a?{[b-d],[b-d]}*"};

	(void)state;
	assert_int_equal(count_nodes(two, 2), count_nodes(one, 1) + 1);
	assert_int_equal(count_nodes(same, 3), count_nodes(same, 1));
}

static void node_limit(void **state)
{
	struct writ_nfa nfa = {0};
	uint32_t root;

	(void)state;
	for (uint32_t i = 0; i < WRIT_NFA_NODES_MAX; i++)
		assert_int_equal(writ_nfa_root(&nfa, 0, &root), 0);
	assert_int_equal(writ_nfa_root(&nfa, 0, &root), -E2BIG);
	writ_nfa_free(&nfa);
}

static void set_limit(void **state)
{
	const struct writ_glob_token token = {.kind = WRIT_GLOB_CLASS};
	const struct writ_nfa_rule rule = {0, WRIT_NFA_NONE};
	struct writ_nfa nfa = {0};
	uint32_t root;

	(void)state;
	assert_int_equal(writ_nfa_root(&nfa, 0, &root), 0);
	for (uint64_t i = 0; i <= WRIT_NFA_SETS_MAX; i++) {
		const struct writ_glob_class class = {.ascii = {0, i + 1}};

		assert_int_equal(writ_nfa_add(&nfa, root, &token, 1, &class, false, rule),
				 i < WRIT_NFA_SETS_MAX ? 0 : -E2BIG);
	}
	writ_nfa_free(&nfa);
}

static void not_plain(void **state)
{
	const struct writ_glob_token token = {.kind = WRIT_GLOB_PARAMETER};
	const struct writ_nfa_rule rule = {0, WRIT_NFA_NONE};
	struct writ_nfa nfa = {0};
	uint32_t root;

	(void)state;
	assert_int_equal(writ_nfa_root(&nfa, 0, &root), 0);
	assert_int_equal(writ_nfa_add(&nfa, root, &token, 1, NULL, false, rule), -EINVAL);
	writ_nfa_free(&nfa);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares),
		cmocka_unit_test(node_limit),
		cmocka_unit_test(set_limit),
		cmocka_unit_test(not_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
