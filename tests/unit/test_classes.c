/* SPDX-License-Identifier: Apache-2.0 */
/* Byte classes: as many as the edges tell apart, and never a class with both sides of one. */
#include "automaton_helper.h"

static void counts(void **state)
{
	static const struct {
		const char *glob;
		uint32_t classes;
	} cases[] = {
		{"a", 2},   /* a, rest */
		{"abc", 4}, /* a, b, c, rest */
		{"**", 2},  /* NUL, rest */
		{"*", 2},   /* NUL and "/", rest */
		{"*/", 3},  /* NUL, "/", rest */
		{"[a-c]", 2}, {"[a-c]b", 3},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct automaton automaton;

		make_nfa(&automaton, &cases[i].glob, 1);
		assert_int_equal(automaton.classes.count, cases[i].classes);
		free_automaton(&automaton);
	}
}

static void separates(void **state)
{
	static const char *const globs[] = {"/a?[b-x][^k-z]*", "[+-9]\xff\xc3**"};
	struct automaton automaton;

	(void)state;
	make_nfa(&automaton, globs, 2);
	for (uint32_t byte = 0; byte < 256; byte++) {
		uint8_t sample = automaton.classes.sample[automaton.classes.of[byte]];

		for (size_t i = 0; i < automaton.nfa.n_edges; i++)
			assert_int_equal(
				writ_nfa_has(&automaton.nfa, automaton.nfa.edges[i].label,
					     (uint8_t)byte),
				writ_nfa_has(&automaton.nfa, automaton.nfa.edges[i].label, sample));
	}
	free_automaton(&automaton);
}

static void every_byte(void **state)
{
	/* 255 different bytes: NUL can't stand in a glob, so it is the 256th class */
	char text[512];
	const char *glob = text;
	struct automaton automaton;
	size_t used = 0;

	(void)state;
	for (int byte = 1; byte < 256; byte++) {
		text[used++] = '\\';
		text[used++] = (char)byte;
	}
	text[used] = '\0';
	make_nfa(&automaton, &glob, 1);
	assert_int_equal(automaton.classes.count, 256);
	free_automaton(&automaton);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts),
		cmocka_unit_test(separates),
		cmocka_unit_test(every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
